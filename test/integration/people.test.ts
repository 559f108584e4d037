import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { AppliedDeployment } from '../../src/deployment/deployment.ts';
import type { UserId } from '../../src/matrix/ids.ts';
import { whoami } from '../../src/matrix/login.ts';
import { readUser } from '../../src/matrix/synapse/users.ts';
import { createPeopleDoor } from '../../src/people/create-people-door.ts';
import { parsePeople } from '../../src/people/file/parse-people.ts';
import { MemoryPeopleLedger } from '../../src/people/ledger/memory-people-ledger.contract.ts';
import type { ChangeKind } from '../../src/people/lifecycle-change.ts';
import { LiveAccounts } from '../../src/people/live-accounts.ts';
import type { PeopleDoor, PersonView } from '../../src/people/people-door.ts';
import { PeopleReconciler } from '../../src/people/reconciler/people-reconciler.ts';
import { describeWithSynapse } from '../synapse/describe-with-synapse.ts';
import { type DeploymentStage, openDeploymentStage } from './parts/deployment-stage.ts';
import { soon } from './parts/synapse-people.ts';

/** A deployment with its people, in a room version. */
const fileFor = (name: string, version: string, people: object): object => ({
  name,
  room_version: version,
  space: { alias: `${name}-space`, name, join_rule: 'invite' },
  rooms: {
    general: { alias: `${name}-general`, name: 'General' },
    admin: { alias: `${name}-admin`, name: 'Admin', join_rule: 'invite' },
  },
  roles: {
    member: { rooms: ['space', 'general'], level: 0 },
    admin: { rooms: ['space', 'general', 'admin'], level: 100 },
  },
  people,
});

interface Stage {
  readonly applied: AppliedDeployment;
  readonly door: PeopleDoor;
  say(kind: ChangeKind, userId: UserId): Promise<void>;
  /** Rounds until nothing is pending any more. */
  settle(): Promise<void>;
  placesOf(userId: UserId): Promise<string[]>;
  show(userId: UserId): Promise<PersonView | undefined>;
}

await describeWithSynapse('people on a Synapse', () => {
  let stage: DeploymentStage;
  let names = 0;

  beforeAll(async () => {
    // A fresh Synapse cannot give accounts back before it has made all its indexes, at leisure by default.
    stage = await openDeploymentStage({ background_updates: { sleep_enabled: false } });
  });
  afterAll(async () => {
    await stage[Symbol.asyncDispose]();
  });

  const nameOf = (userId: UserId): string => userId.slice(1, userId.indexOf(':'));

  async function open(version: string, people: object = {}): Promise<Stage> {
    const file = fileFor(`p${version}-${names++}`, version, people);
    const applied = await stage.apply(file);
    const parsed = parsePeople(stage.file(file));
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    const { policy, nameRule, reserved } = parsed.settings;
    const ledger = new MemoryPeopleLedger();
    const faults: unknown[] = [];
    const reconciler = new PeopleReconciler({
      ledger,
      clock: systemClock,
      policy: () => policy,
      open: async () => ({
        rooms: applied.deploymentRooms,
        accounts: new LiveAccounts(await stage.session()),
      }),
      intervalMs: 30_000,
      events: {
        roundEnded: () => undefined,
        roundFailed: ({ cause }) => faults.push(cause),
        endingFailed: ({ cause }) => faults.push(cause),
      },
    });
    const door = createPeopleDoor({
      ledger,
      clock: systemClock,
      serverName: stage.synapse.serverName,
      nameRule,
      reserved,
      policy: () => policy,
      changed: () => reconciler.wake(),
    });
    return {
      applied,
      door,
      async say(kind, userId) {
        await door.change({ kind, name: nameOf(userId).toUpperCase(), source: 'test' });
      },
      async settle() {
        for (let round = 0; round < 5; round++) {
          const { people: counts } = await reconciler.round(soon());
          await reconciler.idle();
          if (counts.pending === 0) break;
        }
        expect(faults).toEqual([]);
      },
      async placesOf(userId) {
        const rooms = applied.deploymentRooms;
        const places = await Promise.all(
          rooms.keys.map(async (key) => {
            const room = await rooms.read(key, soon());
            const membership = room?.memberships.get(userId) ?? '';
            return `${key} ${membership} ${room?.levels.get(userId) ?? ''}`.trim();
          }),
        );
        return places;
      },
      show: async (userId) => await door.show(nameOf(userId)),
    };
  }

  describe.each(['11', '12'])('in room version %s', (version) => {
    it('they are let in, promoted, demoted, let go and taken back', async () => {
      const { say, settle, placesOf, show } = await open(version);
      const alice = await stage.people.arrive('alice');
      const { userId } = alice;
      await say('created', userId);
      await say('promoted', userId);
      await settle();
      expect((await show(userId))?.detail).toBeUndefined();
      expect(await placesOf(userId)).toEqual([
        'space join 100',
        'general join 100',
        'admin join 100',
      ]);
      await say('demoted', userId);
      await settle();
      expect(await placesOf(userId)).toEqual(['space join', 'general join', 'admin leave']);

      await say('revoked', userId);
      await settle();
      expect(await show(userId)).toMatchObject({ state: 'applied', detail: undefined });
      await expect(whoami(alice.homeserver, alice.accessToken, soon())).rejects.toMatchObject({
        status: 401,
      });
      const session = await stage.session();
      expect(await readUser(session, userId, soon())).toMatchObject({
        deactivated: true,
        erased: true,
      });
      expect(await placesOf(userId)).toEqual(['space leave', 'general leave', 'admin leave']);

      await say('created', userId);
      await settle();
      expect(await show(userId)).toMatchObject({ state: 'applied', detail: undefined });
      expect(await readUser(session, userId, soon())).toMatchObject({
        deactivated: false,
        locked: false,
      });
      expect(await placesOf(userId)).toEqual(['space join', 'general join', 'admin leave']);
    });
  });

  it('they are let in by the round after their account appears, and then nothing is written', async () => {
    const { door, settle, placesOf, show } = await open('11');
    const userId = stage.userId('late-comer');
    await door.change({ kind: 'created', name: 'late-comer', source: 'test' });
    await door.change({ kind: 'revoked', name: 'late-leaver', source: 'test' });
    await settle();
    expect((await show(userId))?.state).toBe('waiting');
    const session = await stage.session();
    const accounts = new LiveAccounts(session);
    for (const name of ['late-comer', 'late-leaver']) {
      await accounts.change(stage.userId(name), { password: 'a password' }, soon());
    }
    await settle();
    expect(await placesOf(userId)).toEqual(['space join', 'general join', 'admin']);
    expect(await readUser(session, stage.userId('late-leaver'), soon())).toMatchObject({
      deactivated: true,
      erased: true,
    });
    const { writes } = stage.homeserver;
    await settle();
    expect(stage.homeserver.writes).toBe(writes);
  });

  it('they go with their messages and uploads, and are erased after the grace', async () => {
    const offboarding = { redact: true, media: true, grace: '1s' };
    const { say, settle, show } = await open('11', { offboarding });
    const { userId } = await stage.people.arrive('bob');
    await say('created', userId);
    await settle();
    await say('revoked', userId);
    await settle();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await settle();
    await settle();
    const evidence = (await show(userId))?.offboarding?.evidence.map(({ what }) => what);
    expect(evidence).toEqual([
      'is in 2 rooms',
      'locked',
      '1 devices ended',
      'out of the rooms',
      // Nobody below 100 may send anything in the space, so its join stays as it was.
      'redaction complete, 1 events left',
      '0 uploads deleted',
      'deactivated',
      'erased',
    ]);
  });

  it('a locked account is seen as there when many are looked for', async () => {
    const { door, settle } = await open('11');
    const session = await stage.session();
    const accounts = new LiveAccounts(session);
    const crowd = Array.from({ length: 12 }, (_, index) => `crowd-${index}`);
    for (const name of crowd) {
      await accounts.change(stage.userId(name), { password: 'a password' }, soon());
      await door.change({ kind: 'created', name, source: 'test' });
    }
    await accounts.change(stage.userId('crowd-3'), { locked: true }, soon());
    await settle();
    expect((await door.list({ limit: 100, state: 'applied' })).length).toBe(crowd.length);
  });
});
