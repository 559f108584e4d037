import type { Clock } from '../clock.ts';
import type { HomeserverOpener } from '../matrix/discovery.ts';
import type { UserId } from '../matrix/ids.ts';
import type { AccountEvent } from './account-event.ts';
import type { CredentialStore } from './credential-store.ts';
import type { SharedHomeservers } from './shared-homeservers.ts';

/** Where a secret comes from; asked anew each time, so that a replaced file counts. */
export type SecretSource = () => Promise<string>;

/** An account as configured. */
export interface AccountOptions {
  readonly name: string;
  /** Undefined only together with a homeserver and an access token: then `whoami` tells. */
  readonly userId: UserId | undefined;
  /** Base URL; without it the homeserver is discovered. */
  readonly homeserver?: string | undefined;
  readonly accessToken?: SecretSource | undefined;
  readonly password?: SecretSource | undefined;
}

/** What accounts work with. */
export interface AccountPorts {
  readonly store: CredentialStore;
  readonly clock: Clock;
  readonly openHomeserver: HomeserverOpener;
  readonly onEvent: (event: AccountEvent) => void;
}

/** An account among others, with which it shares connections. */
export interface SharingPorts extends AccountPorts {
  readonly homeservers: Pick<SharedHomeservers, 'get'>;
}
