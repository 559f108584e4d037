import type { Clock } from '../clock.ts';
import type { Ids } from '../outbox/new-id.ts';
import type { OutboxIntake, OutboxOperator, OutboxReader, OutboxWatch } from '../outbox/outbox.ts';
import type { PeopleDoor } from '../people/people-door.ts';
import type { GatewayEvents } from './gateway-events.ts';
import type { GatewaySettings } from './settings.ts';

/** One thing that must be well for the gateway to be ready. */
export interface ReadinessCheck {
  readonly name: string;
  readonly ok: boolean;
  /** For people; holds no secret. */
  readonly detail?: string | undefined;
}

/** All that the gateway needs of the rest of the house. */
export interface GatewayDeps {
  readonly outbox: OutboxIntake &
    OutboxReader &
    Pick<OutboxOperator, 'cancel' | 'redrive'> &
    OutboxWatch;
  /** The people of the deployment; undefined: none is configured. */
  readonly people?: PeopleDoor | undefined;
  /** The settings of now; each request reads them once. */
  current(): GatewaySettings;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly events: GatewayEvents;
  randomBytes(count: number): Uint8Array;
  /** Seals the façade's access tokens: at least 32 secret bytes, the same after a restart. */
  readonly facadeKey: Uint8Array;
  readiness(): Promise<{ readonly ready: boolean; readonly checks: readonly ReadinessCheck[] }>;
  /** The Prometheus page. */
  metrics(): Promise<string>;
  /** Lanes that wait are tried now: the entry's lane, or all. */
  wake(entryId?: string): Promise<void> | void;
  readonly version: string;
}
