import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AccountOptions } from '../accounts/account-ports.ts';
import { type Accounts, openAccounts } from '../accounts/accounts.ts';
import { fileCredentialStore } from '../accounts/credential-store.ts';
import { parseRoomAlias, type RoomAlias, type RoomId } from '../matrix/ids.ts';
import { openHomeserver } from '../matrix/undici-homeserver.ts';
import { type EntryView, isPending } from '../outbox/entry.ts';
import type { NewEntry } from '../outbox/outbox.ts';
import { openInlineStore } from '../store/sqlite/open-inline-store.ts';
import type { SqliteStore } from '../store/sqlite/sqlite-store.ts';
import {
  type CreateRoomOptions,
  type FakeHomeserver,
  type FakeHomeserverOptions,
  type FakeUser,
  startFakeHomeserver,
} from '../testing/fake-homeserver.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import type { DeliveryEvents } from './delivery-events.ts';
import { Dispatcher } from './dispatcher.ts';
import type { Encryptor } from './encryptor.ts';
import { MatrixSender } from './matrix-sender.ts';
import { type Operation, StoreFaults } from './store-faults.contract.ts';

/** What delivery said happened, oldest first. */
type Said = { readonly [Name in keyof DeliveryEvents]: Parameters<DeliveryEvents[Name]>[0][] };

export interface StageOptions {
  /** What the account `main` is configured with besides the bot's name and homeserver; default: the bot's token. */
  readonly account?: Partial<AccountOptions>;
  readonly homeserver?: Omit<FakeHomeserverOptions, 'clock'>;
  /** Rooms that must be encrypted, by their configured names. */
  readonly required?: readonly string[];
  /** Default: nothing goes to encrypted rooms. */
  readonly encryptor?: Encryptor;
  /** More accounts. */
  readonly accounts?: (homeserver: FakeHomeserver) => readonly AccountOptions[];
}

/** What a process makes anew when it starts. */
interface Running {
  readonly store: SqliteStore;
  readonly accounts: Accounts;
  readonly sender: MatrixSender;
  readonly dispatcher: Dispatcher;
}

interface Setting {
  readonly dir: string;
  readonly clock: ManualClock;
  readonly homeserver: FakeHomeserver;
  readonly options: StageOptions;
}

/** An alias for any test's room. */
export const alias: RoomAlias = knownAlias('#ops:hs.test');

/** No wait of a test is longer, in milliseconds, so that it fails before the test's own 5 s are over. */
const deadlineMs = 4_000;

/**
 * Delivery as it is put together, between a real store and a fake homeserver, with accounts over real connections and
 * one clock for all, which stands still.
 */
export class DeliveryStage implements AsyncDisposable {
  readonly clock: ManualClock;
  readonly homeserver: FakeHomeserver;
  /** The account `main`. */
  readonly bot: FakeUser;
  /** Who makes the rooms. */
  readonly owner: FakeUser;
  readonly said: Said = {
    attempted: [],
    settled: [],
    laneWaits: [],
    roomUpgraded: [],
    storeFailed: [],
  };
  readonly faults: StoreFaults = new StoreFaults();
  readonly #dir: string;
  readonly #options: StageOptions;
  readonly #listeners = new Set<() => void>();
  #running: Running | undefined;
  #lastId = 0;

  private constructor({ dir, clock, homeserver, options }: Setting) {
    this.#dir = dir;
    this.clock = clock;
    this.homeserver = homeserver;
    this.#options = options;
    this.bot = homeserver.createUser('bot');
    this.owner = homeserver.createUser('owner');
    homeserver.onExchange(() => this.#tell());
    homeserver.onEvent(() => this.#tell());
  }

  /** Everything is open; nothing is delivered before `start`. */
  static async open(options: StageOptions = {}): Promise<DeliveryStage> {
    const dir = await mkdtemp(join(tmpdir(), 'bellhop-delivery-'));
    const clock = new ManualClock();
    const homeserver = await startFakeHomeserver({ clock, ...options.homeserver });
    const stage = new DeliveryStage({ dir, clock, homeserver, options });
    stage.#running = await stage.#build();
    return stage;
  }

  /** Everything is open and delivers. */
  static async started(options: StageOptions = {}): Promise<DeliveryStage> {
    const stage = await DeliveryStage.open(options);
    await stage.start();
    return stage;
  }

  get store(): SqliteStore {
    return this.#current().store;
  }

  get accounts(): Accounts {
    return this.#current().accounts;
  }

  get sender(): MatrixSender {
    return this.#current().sender;
  }

  /** Everything is asked for again, as after a reload. */
  refresh(): void {
    this.sender.refresh();
    this.dispatcher.wake();
  }

  get dispatcher(): Dispatcher {
    return this.#current().dispatcher;
  }

  async start(): Promise<void> {
    await this.dispatcher.start();
  }

  /** A room of the owner's with the bot in it. */
  room(options: Partial<CreateRoomOptions> = {}): RoomId {
    const { userId: creator } = this.owner;
    return this.homeserver.createRoom({ creator, members: [this.bot.userId], ...options });
  }

  /** Accepts one message for a room; its entry id. */
  async accept(room: string, body: string, over: Partial<NewEntry> = {}): Promise<string> {
    const id = `01${String(++this.#lastId).padStart(24, '0')}`;
    const entry: NewEntry = {
      lane: { account: 'main', room },
      txnId: `${id}.1`,
      type: 'm.room.message',
      content: JSON.stringify({ body, 'm.mentions': {}, msgtype: 'm.text' }),
      ...over,
    };
    await this.store.accept({ id, source: 's', createdAt: this.clock.now(), entries: [entry] });
    return `${id}-1`;
  }

  /** Accepts one message and waits for its end. */
  async deliver(room: string, body: string, over: Partial<NewEntry> = {}): Promise<EntryView> {
    return await this.settled(await this.accept(room, body, over));
  }

  /** The entry at its end. */
  async settled(entryId: string): Promise<EntryView> {
    const [view] = await this.store.whenSettled([entryId], AbortSignal.timeout(deadlineMs));
    if (view === undefined || isPending(view.state)) {
      throw new Error(`${entryId} is not settled: ${JSON.stringify(view)}`);
    }
    return view;
  }

  /** Lets time pass, a step after each wait of a lane, until all these entries are settled. */
  async overcome(entryIds: readonly string[], stepMs: number): Promise<void> {
    const isSettled = (entryId: string) => this.said.settled.some((end) => end.entryId === entryId);
    for (let step = 0; step < 100 && !entryIds.every(isSettled); step++) {
      const waited = this.said.laneWaits.length;
      this.clock.advance(stepMs);
      await this.until(() => this.said.laneWaits.length > waited || entryIds.every(isSettled));
    }
  }

  async view(entryId: string): Promise<EntryView> {
    const views = await this.store.entries({ limit: 1_000 });
    const view = views.find(({ id }) => id === entryId);
    if (view === undefined) throw new Error(`there is no entry ${entryId}`);
    return view;
  }

  /** Resolves once lanes have waited `count` times since the start; the last of these waits. */
  async waits(count: number): Promise<Said['laneWaits'][number]> {
    await this.until(() => this.said.laneWaits.length >= count);
    const wait = this.said.laneWaits[count - 1];
    if (wait === undefined) throw new Error('it did not wait');
    return wait;
  }

  /** Resolves once `condition` holds, which is looked at whenever something happens. */
  async until(condition: () => boolean): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const look = () => {
      if (condition()) resolve();
    };
    const timer = setTimeout(() => reject(new Error('it did not happen')), deadlineMs);
    this.#listeners.add(look);
    look();
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      this.#listeners.delete(look);
    }
  }

  /** Makes the alias lead to another room, or nowhere. */
  async pointAlias(roomId: RoomId | undefined): Promise<void> {
    const path = `/_matrix/client/v3/directory/room/${encodeURIComponent(alias)}`;
    const headers = { authorization: `Bearer ${this.owner.accessToken}` };
    const url = this.homeserver.baseUrl + path;
    await fetch(url, { method: 'DELETE', headers });
    if (roomId === undefined) return;
    const body = JSON.stringify({ room_id: roomId });
    await fetch(url, { method: 'PUT', headers, body });
  }

  /** What a room was told, oldest first. */
  bodies(room: RoomId): unknown[] {
    return this.homeserver.messages(room).map(({ content }) => content['body']);
  }

  /** How many requests of an operation the homeserver got. */
  count(operation: string): number {
    return this.homeserver.requests.filter((request) => request.operation === operation).length;
  }

  /** Time for several requests and answers, for what should not happen to happen. */
  async respite(): Promise<void> {
    for (let i = 0; i < 5; i++) await fetch(`${this.homeserver.baseUrl}/_matrix/client/versions`);
  }

  /** Stops in order, and starts again from what is on disk. */
  async restart(): Promise<void> {
    await this.#stop();
    this.#running = await this.#build();
    await this.start();
  }

  /** What kill -9 does: nothing is written any more, and whoever comes next finds what there was. It does not start. */
  async crash(
    lost: readonly Operation[] = ['settle', 'postpone', 'release', 'complete'],
  ): Promise<void> {
    for (const name of lost) this.faults.broken.add(name);
    await this.#stop();
    this.faults.broken.clear();
    this.#running = await this.#build();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stop();
    await this.homeserver.stop();
    await rm(this.#dir, { recursive: true });
  }

  #current(): Running {
    if (this.#running === undefined) throw new Error('the stage is not open');
    return this.#running;
  }

  async #build(): Promise<Running> {
    const { clock } = this;
    const events = this.#events();
    const limits = { queued: 10_000, queuedPerSource: 10_000 };
    const store = openInlineStore({ file: join(this.#dir, 'outbox.db'), limits, clock });
    await store.recover();
    const queue = this.faults.within(store);
    const accounts = await openAccounts(this.#accountOptions(), {
      store: fileCredentialStore(this.#dir),
      clock,
      openHomeserver,
      onEvent: () => undefined,
    });
    const required = new Set(this.#options.required);
    const sender = new MatrixSender({
      speakers: accounts,
      queue,
      memory: queue,
      clock,
      events,
      encryptor: this.#options.encryptor,
      encryptionRequired: (key) => required.has(key.room),
    });
    const random = seededRandom(1);
    const dispatcher = new Dispatcher({ queue, sender, clock, random, events });
    return { store, accounts, sender, dispatcher };
  }

  #accountOptions(): AccountOptions[] {
    const { userId, accessToken } = this.bot;
    const main: AccountOptions = {
      name: 'main',
      userId,
      homeserver: this.homeserver.baseUrl,
      accessToken: async () => await Promise.resolve(accessToken),
      ...this.#options.account,
    };
    return [main, ...(this.#options.accounts?.(this.homeserver) ?? [])];
  }

  #events(): DeliveryEvents {
    const note =
      <Name extends keyof Said>(name: Name) =>
      (what: Said[Name][number]) => {
        (this.said[name] as (typeof what)[]).push(what);
        this.#tell();
      };
    return {
      attempted: note('attempted'),
      settled: note('settled'),
      laneWaits: note('laneWaits'),
      roomUpgraded: note('roomUpgraded'),
      storeFailed: note('storeFailed'),
    };
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }

  async #stop(): Promise<void> {
    const { dispatcher, accounts, store } = this.#current();
    const stopped = dispatcher.stop(0);
    // The deadline is over.
    this.clock.advance(0);
    await stopped;
    await accounts.close();
    await store.close();
  }
}

function knownAlias(text: string): RoomAlias {
  const parsed = parseRoomAlias(text);
  if (parsed === undefined) throw new Error(`${text} is no alias`);
  return parsed;
}
