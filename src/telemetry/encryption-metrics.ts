import { Gauge, type Registry } from 'prom-client';
import { Tally } from './tally.ts';

/** How an account stands with encryption at the moment of a scrape. */
export interface IdentityGauge {
  /** Its name in the configuration. */
  readonly account: string;
  /** Undefined: nothing had to be encrypted yet. */
  readonly identity: string | undefined;
}

/** What is counted of encryption. */
export class EncryptionMetrics {
  /** Times the engine died. */
  readonly crashes: Tally;
  /** Devices that were refused a key. */
  readonly withheldDevices: Tally;
  readonly #identity: Gauge;

  constructor(registry: Registry) {
    const tally = (name: string, help: string): Tally =>
      new Tally({ name, help, labels: [], registry, initial: [[]] });
    this.crashes = tally(
      'bellhop_encryption_crashes_total',
      'Times the encryption engine died and was started again.',
    );
    this.withheldDevices = tally(
      'bellhop_encryption_withheld_devices_total',
      'Devices that were refused a key as their owners have not signed them, counted each time a key is given.',
    );
    this.#identity = new Gauge({
      name: 'bellhop_encryption_identity',
      help: '1 for the state that the identity of an account is in; accounts that had nothing to encrypt are not there.',
      labelNames: ['account', 'state'],
      registers: [registry],
    });
  }

  /** How accounts stand now; what was shown before is gone. */
  show(identities: readonly IdentityGauge[]): void {
    this.#identity.reset();
    for (const { account, identity: state } of identities) {
      if (state !== undefined) this.#identity.set({ account, state }, 1);
    }
  }
}
