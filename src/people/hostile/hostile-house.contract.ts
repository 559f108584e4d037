import { type AppliedDeployment, Deployment } from '../../deployment/deployment.ts';
import { parseDeployment } from '../../deployment/file/parse-deployment.ts';
import { RoomView } from '../../deployment/observed/room-view.ts';
import { MatrixError, TransportError } from '../../matrix/errors.ts';
import type { Homeserver, MatrixRequest, MatrixResponse } from '../../matrix/homeserver.ts';
import type { RoomId, UserId } from '../../matrix/ids.ts';
import type { Session } from '../../matrix/session.ts';
import { openHomeserver } from '../../matrix/undici-homeserver.ts';
import type { FakeHomeserver, FakeUser } from '../../testing/fake-homeserver.ts';
import { ManualClock } from '../../testing/manual-clock.ts';
import { createPeopleDoor } from '../create-people-door.ts';
import { parsePeople } from '../file/parse-people.ts';
import { MemoryPeopleLedger } from '../ledger/memory-people-ledger.contract.ts';
import type { ChangeKind } from '../lifecycle-change.ts';
import { LiveAccounts } from '../live-accounts.ts';
import type { PeopleDoor } from '../people-door.ts';
import type { PeoplePolicy } from '../people-policy.ts';
import { PeopleReconciler } from '../reconciler/people-reconciler.ts';
import { passTime } from '../world/people-fixture.contract.ts';
import { deeds } from './hostile-deeds.contract.ts';

export const names = ['mallory', 'alice'] as const;
export const keys = ['space', 'general', 'admin'] as const;

/** Something that happens: a word of the directory, a deed of a person, or a round that may die after some calls. */
export type Act =
  | { readonly kind: 'say'; readonly name: string; readonly what: ChangeKind }
  | { readonly kind: 'try'; readonly name: string; readonly deed: string; readonly key: string }
  | { readonly kind: 'reconcile'; readonly diesAt: number; readonly isLastDone: boolean };

/** The rooms, with all that is held. */
const file = (baseUrl: string, version: string): object => ({
  homeserver: baseUrl,
  server_name: 'x',
  bot: { username: 'bot', token_file: 't' },
  room_version: version,
  space: { alias: 'space', join_rule: 'invite', power_levels: { invite: 50 } },
  rooms: {
    general: {
      alias: 'general',
      join_rule: 'restricted',
      encryption: true,
      guest_access: 'forbidden',
      calls: 'everyone',
    },
    admin: {
      alias: 'admin',
      join_rule: 'invite',
      encryption: true,
      guest_access: 'forbidden',
      power_levels: { invite: 50 },
    },
  },
  roles: {
    member: { rooms: ['space', 'general'] },
    admin: { rooms: [...keys], level: 100 },
  },
});

/** The bot's way to the homeserver, which may end after any call, before or after it was done. */
class FailingHomeserver implements Homeserver {
  readonly #inner: Homeserver;
  writes = 0;
  callsLeft: number = Number.POSITIVE_INFINITY;
  /** Whether the call at which it ends is still done. */
  isLastDone = false;

  constructor(inner: Homeserver) {
    this.#inner = inner;
  }

  get baseUrl(): string {
    return this.#inner.baseUrl;
  }

  async request(request: MatrixRequest): Promise<MatrixResponse> {
    this.callsLeft--;
    const isLast = this.callsLeft === -1;
    const isDone = this.callsLeft >= 0 || (isLast && this.isLastDone);
    if (!isDone) throw new TransportError('unreachable', 'GET /', 'dead');
    if (request.method !== 'GET') this.writes++;
    const response = await this.#inner.request(request);
    if (isLast) throw new TransportError('interrupted', 'GET /', 'dead');
    return response;
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}

const never = new AbortController().signal;

/** A deployment with its people on a homeserver in this process, where people act for themselves. */
export class HostileHouse implements AsyncDisposable {
  readonly fake: FakeHomeserver;
  readonly line: FailingHomeserver;
  readonly botUserId: UserId;
  readonly clock: ManualClock = new ManualClock(Date.now());
  /** What was said of each person. */
  readonly said: ReadonlyMap<string, ChangeKind[]> = new Map(names.map((name) => [name, []]));
  readonly #users: ReadonlyMap<string, FakeUser>;
  readonly #ledger = new MemoryPeopleLedger();
  readonly #deployment: Deployment;
  readonly #session: Session;
  readonly #door: PeopleDoor;
  readonly #policy: PeoplePolicy;
  /** The rooms at the last look. */
  rooms: ReadonlyMap<string, RoomId> = new Map();

  constructor(fake: FakeHomeserver, version: string) {
    this.fake = fake;
    const bot = fake.createUser('bot', { admin: true });
    this.#users = new Map(names.map((name) => [name, fake.createUser(name)]));
    this.line = new FailingHomeserver(openHomeserver(fake.baseUrl));
    this.#session = { homeserver: this.line, ...bot };
    this.botUserId = bot.userId;
    const parsed = parseDeployment(file(fake.baseUrl, version));
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    const people = parsePeople(parsed.deployment);
    if (!people.ok) throw new Error(JSON.stringify(people.problems));
    const { policy, nameRule, reserved } = people.settings;
    this.#policy = policy;
    const { clock } = this;
    this.#deployment = new Deployment(parsed.deployment, {
      session: () => Promise.resolve(this.#session),
      takeWriter: () => ({ release: () => undefined }),
      clock,
      onStep: () => undefined,
    });
    this.#door = createPeopleDoor({
      ledger: this.#ledger,
      clock,
      serverName: 'x',
      nameRule,
      reserved,
      policy: () => policy,
      changed: () => undefined,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.line.close();
    await this.fake.stop();
  }

  async take(act: Act): Promise<void> {
    switch (act.kind) {
      case 'say':
        this.said.get(act.name)?.push(act.what);
        await this.#door.change({ kind: act.what, name: act.name, source: 'rm' });
        return;
      case 'try':
        await this.#try(act.name, act.deed, act.key);
        return;
      case 'reconcile':
        this.line.callsLeft = act.diesAt;
        this.line.isLastDone = act.isLastDone;
        await this.reconcile().catch(onlyDead);
        this.line.callsLeft = Number.POSITIVE_INFINITY;
    }
  }

  /** One round of everything, of a process that has just begun; what takes long ends too. */
  async reconcile(): Promise<AppliedDeployment> {
    const applied = await this.#deployment.apply(never);
    this.rooms = applied.rooms;
    const rooms = applied.deploymentRooms;
    const reconciler = new PeopleReconciler({
      ledger: this.#ledger,
      clock: this.clock,
      policy: () => this.#policy,
      open: () => Promise.resolve({ rooms, accounts: new LiveAccounts(this.#session) }),
      intervalMs: 30_000,
      events: {
        roundEnded: () => undefined,
        roundFailed: () => undefined,
        endingFailed: () => undefined,
      },
    });
    try {
      await reconciler.round(never);
    } finally {
      await passTime(this.clock, reconciler.idle());
    }
    return applied;
  }

  /** A room as it is, whoever made it so. */
  view(roomId: RoomId): RoomView {
    const events = this.fake.events(roomId);
    const states = events.flatMap(({ type, state_key: stateKey, sender, content }) =>
      stateKey === undefined ? [] : [{ type, stateKey, sender, content }],
    );
    return new RoomView(roomId, states);
  }

  async #try(name: string, deed: string, key: string): Promise<void> {
    const user = this.#users.get(name);
    const roomId = this.rooms.get(key);
    if (user === undefined || roomId === undefined) return;
    const homeserver = openHomeserver(this.fake.baseUrl);
    await deeds[deed]?.({ homeserver, ...user }, roomId, never).catch(onlyRefused);
    await homeserver.close();
  }
}

function onlyDead(error: unknown): void {
  if (!(error instanceof TransportError)) throw error;
}

function onlyRefused(error: unknown): void {
  if (!(error instanceof MatrixError)) throw error;
}
