import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Session } from '../../src/matrix/session.ts';

/**
 * `node --expose-gc bench/parts/encryption-accounts.ts CONFIG ACCOUNTS`, where the accounts are JSON: opens the devices of
 * all of them, lets them sync, and prints how many milliseconds that took from the start of the process; after two quiet
 * seconds also its resident memory.
 */
interface Account {
  readonly name: string;
  readonly userId: Session['userId'];
  readonly deviceId: string;
  readonly accessToken: string;
}

/** The first syncs have ended by then, and wait for news. */
const quietMs = 2_000;
/** Nothing on this machine takes longer. */
const deadlineMs = 60_000;

/** As it is installed: to read types away takes longer than what is measured. */
async function built<Module>(path: string): Promise<Module> {
  return (await import(new URL(`../../dist/${path}`, import.meta.url).href)) as Module;
}

const { readConfig } =
  await built<typeof import('../../src/app/read-config.ts')>('app/read-config.js');
const { encryptionKey } =
  await built<typeof import('../../src/app/encryption-key.ts')>('app/encryption-key.js');
const { systemClock } = await built<typeof import('../../src/clock.ts')>('clock.js');
const { Identities } = await built<typeof import('../../src/encryption/identity/identities.ts')>(
  'encryption/identity/identities.js',
);
const { openEncryption } = await built<typeof import('../../src/encryption/open-encryption.ts')>(
  'encryption/open-encryption.js',
);
const { openCryptoDevices } = await built<
  typeof import('../../src/encryption/worker/open-crypto-devices.ts')
>('encryption/worker/open-crypto-devices.js');
const { openHomeserver } = await built<typeof import('../../src/matrix/undici-homeserver.ts')>(
  'matrix/undici-homeserver.js',
);

const [configPath, json = '[]'] = process.argv.slice(2);
const accounts = JSON.parse(json) as Account[];
const config = await readConfig(configPath, { env: {}, cwd: process.cwd() });
const [first] = config.accounts.values();
const homeserver = openHomeserver(first?.homeserver ?? '');
const devices = openCryptoDevices({ clock: systemClock });
const encryption = openEncryption(
  accounts.map(({ name }) => name),
  {
    devices,
    sessions: {
      async withSession(name, operation) {
        const account = accounts.find((one) => one.name === name);
        if (account === undefined) throw new Error(`no account ${name}`);
        return await operation({ homeserver, ...account });
      },
    },
    clock: systemClock,
    random: Math.random,
    key: () => encryptionKey(config),
    directory: join(config.dataDir, 'encryption'),
    identities: new Identities(randomBytes),
    events: {
      identity: () => undefined,
      crashed: (error) => console.error(error),
      withheld: () => undefined,
      roomNews: () => undefined,
    },
    follow: true,
  },
);
const signal = AbortSignal.timeout(deadlineMs);
await Promise.all(accounts.map(async ({ name }) => await encryption.ready(name, signal)));
const readyMs = performance.now();
await new Promise((resolve) => setTimeout(resolve, quietMs));
globalThis.gc?.();
const residentMb = process.memoryUsage.rss() / 2 ** 20;
console.log(JSON.stringify({ readyMs, residentMb }));
process.exit(0);
