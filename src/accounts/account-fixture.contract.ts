import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import { sendEvent } from '../matrix/events.ts';
import type { RoomId, UserId } from '../matrix/ids.ts';
import { openNodeHomeserver } from '../matrix/node-homeserver.ts';
import type { Session } from '../matrix/session.ts';
import type { AccountEvent } from './account-event.ts';
import type { AccountOptions, AccountPorts } from './account-ports.ts';
import { type Accounts, openAccounts } from './accounts.ts';
import { type CredentialStore, fileCredentialStore } from './credential-store.ts';
import {
  type FakeLoginServer,
  startFakeLoginServer,
  userId,
} from './fake-login-server.contract.ts';

/** One account against a fake server, with a data directory of its own and a clock that stands still. */
export interface AccountFixture {
  readonly server: FakeLoginServer;
  readonly directory: string;
  readonly store: CredentialStore;
  readonly ports: AccountPorts;
  readonly events: AccountEvent[];
  /** What the account is configured with unless said otherwise. */
  readonly options: AccountOptions;
  /** Moves both clocks. */
  advance(ms: number): void;
  /** Opens the account `main` anew, as after a restart. */
  open(options?: Partial<AccountOptions>): Promise<Accounts>;
  close(): Promise<void>;
}

const noSignal = new AbortController().signal;

/** Sends one event; the device it was sent from. */
export async function speak(accounts: Accounts, signal: AbortSignal = noSignal): Promise<string> {
  return await accounts.withSession(
    'main',
    async (session: Session) => {
      await sendEvent(session, '!r' as RoomId, 'm.room.message', 't', '{}', signal);
      return session.deviceId;
    },
    signal,
  );
}

/** Starts the server; `close` ends and removes everything. */
export async function makeAccountFixture(): Promise<AccountFixture> {
  const server = await startFakeLoginServer();
  const directory = await mkdtemp(join(tmpdir(), 'bellhop-accounts-'));
  const opened: Accounts[] = [];
  const events: AccountEvent[] = [];
  let elapsed = 0;
  const clock: Clock = {
    now: () => 1_800_000_000_000 + elapsed,
    monotonic: () => elapsed,
    after: () => () => undefined,
  };
  const store = fileCredentialStore(directory);
  const ports: AccountPorts = {
    store,
    clock,
    openHomeserver: openNodeHomeserver,
    onEvent: (event) => events.push(event),
  };
  const options: AccountOptions = {
    name: 'main',
    userId: userId as UserId,
    homeserver: server.baseUrl,
    password: async () => await Promise.resolve('password'),
  };
  return {
    server,
    directory,
    store,
    ports,
    events,
    options,
    advance(ms) {
      elapsed += ms;
    },
    async open(changed = {}) {
      const accounts = await openAccounts([{ ...options, ...changed }], ports);
      opened.push(accounts);
      return accounts;
    },
    async close() {
      for (const accounts of opened) await accounts.close();
      await server.close();
      await rm(directory, { recursive: true });
    },
  };
}
