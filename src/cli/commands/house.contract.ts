import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { systemClock } from '../../clock.ts';
import type { RoomId } from '../../matrix/ids.ts';
import type { Submission } from '../../outbox/outbox.ts';
import { openInlineStore } from '../../store/sqlite/open-inline-store.ts';
import type { SqliteStore } from '../../store/sqlite/sqlite-store.ts';
import {
  type FakeHomeserver,
  type FakeUser,
  startFakeHomeserver,
} from '../../testing/fake-homeserver.ts';
import { runProgram } from '../run.ts';
import { testContext } from '../test-context.contract.ts';

/** What one command line came to. */
export interface Ran {
  readonly out: string;
  readonly err: string;
  readonly exit: number;
}

/** A homeserver, and a directory with a configuration for it. */
export interface House {
  readonly homeserver: FakeHomeserver;
  readonly bot: FakeUser;
  readonly roomId: RoomId;
  /** The working directory of the commands. */
  readonly dir: string;
  readonly dataDir: string;
  /** Replaces keys of the configuration. */
  configure(changes: Readonly<Record<string, unknown>>): void;
  run(args: readonly string[], given?: Parameters<typeof testContext>[0]): Promise<Ran>;
  /** The outbox, for what only delivery does; closed with the test. */
  openStore(): SqliteStore;
}

/** Sets up a homeserver with an account that is configured and in its room `ops`; gone with the test. */
export async function openHouse(): Promise<House> {
  const homeserver = await startFakeHomeserver();
  const bot = homeserver.createUser('bot');
  const roomId = homeserver.createRoom({ creator: bot.userId, name: 'Operations' });
  const dir = mkdtempSync(join(tmpdir(), 'bellhop-cli-'));
  onTestFinished(async () => {
    await homeserver.stop();
    rmSync(dir, { recursive: true, force: true });
  });
  const dataDir = join(dir, 'data');
  const settings = {
    data_dir: dataDir,
    listen: ['127.0.0.1:0'],
    accounts: {
      main: { user_id: bot.userId, homeserver: homeserver.baseUrl, access_token: bot.accessToken },
    },
    rooms: { ops: roomId },
    sources: { scripts: { token: 'scripts-token-of-tests', room: 'ops' } },
    operators: { admin: { token: 'operator-token-of-tests' } },
  };
  const configure = (changes: Readonly<Record<string, unknown>>): void => {
    writeFileSync(join(dir, 'bellhop.yaml'), JSON.stringify({ ...settings, ...changes }));
  };
  configure({});
  return {
    homeserver,
    bot,
    roomId,
    dir,
    dataDir,
    configure,
    async run(args, given = {}) {
      // Nothing outside the test's own directory is read or written.
      const env = { XDG_CACHE_HOME: join(dir, 'cache'), XDG_CONFIG_HOME: join(dir, 'none') };
      const context = testContext({ cwd: dir, home: dir, env, ...given });
      await runProgram(args, context);
      return { out: context.out(), err: context.err(), exit: context.exitCode() };
    },
    openStore() {
      const limits = { queued: 1_000, queuedPerSource: 1_000 };
      const file = join(dataDir, 'outbox.db');
      const store = openInlineStore({ file, limits, clock: systemClock });
      onTestFinished(async () => await store.close());
      return store;
    },
  };
}

/** A notification's id that a test can write down; `place` is 0 to 9. */
export const testId = (place: number): string => `01J0000000000000000000000${place}`;

/** One message for the room `ops`. */
export function message(
  house: House,
  place: number,
  changes: Partial<Submission> = {},
): Submission {
  return {
    id: testId(place),
    source: 'scripts',
    createdAt: systemClock.now(),
    entries: [
      {
        lane: { account: 'main', room: house.roomId },
        txnId: `bh-${testId(place)}-1`,
        type: 'm.room.message',
        content: JSON.stringify({ body: `message ${place}`, msgtype: 'm.text' }),
      },
    ],
    ...changes,
  };
}

/** Ends what is owed to the room `ops`, as delivery would. */
export async function endAll(
  store: SqliteStore,
  end: 'delivered' | 'refused' | 'ambiguous',
  at: number = systemClock.now(),
): Promise<void> {
  const target = { roomId: '!room', deviceId: 'DEVICE' };
  for (const { id } of await store.lanesWithWork()) {
    for (const { seq } of await store.claim(id, 0, target, 100, at)) {
      const settlement =
        end === 'delivered'
          ? ({ seq, state: 'delivered', eventId: `$event-${seq}`, at } as const)
          : ({ seq, state: 'dead', reason: end, error: 'no', at } as const);
      await store.settle([settlement]);
    }
    await store.release(id, undefined);
  }
}
