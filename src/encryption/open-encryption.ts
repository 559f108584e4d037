import { Failure } from '../errors.ts';
import { DeviceAccount } from './device-account.ts';
import type { Encryption } from './encryption.ts';
import type { EncryptionPorts } from './encryption-ports.ts';

/**
 * Encryption for the accounts of these names. Nothing is opened or asked before an account is first needed. It closes
 * the devices it opened, not `ports.devices`.
 */
export function openEncryption(names: readonly string[], ports: EncryptionPorts): Encryption {
  const accounts = new Map(names.map((name) => [name, new DeviceAccount(name, ports)]));
  const named = (name: string): DeviceAccount => {
    const account = accounts.get(name);
    if (account !== undefined) return account;
    throw new Failure('not_found', { detail: `No account ${name} is configured.` });
  };
  const forget = ports.devices.onCrash((error) => {
    for (const account of accounts.values()) account.crashed();
    ports.events.crashed(error);
  });
  return {
    async encrypt(request, signal) {
      return await named(request.account).encrypt(request, signal);
    },
    async ready(name, signal) {
      await named(name).ready(signal);
    },
    reports: () => [...accounts.values()].map((account) => account.report()),
    refresh() {
      for (const account of accounts.values()) account.refresh();
    },
    wake() {
      for (const account of accounts.values()) account.wake();
    },
    async close() {
      forget();
      await Promise.all([...accounts.values()].map(async (account) => await account.close()));
    },
  };
}
