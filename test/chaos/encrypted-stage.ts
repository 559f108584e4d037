import { setUpIdentity } from '../../src/app/account-identity.ts';
import { readConfig } from '../../src/app/read-config.ts';
import { parseUserId, type RoomId } from '../../src/matrix/ids.ts';
import { DeliveryChecker, type DeliveryVerdict } from '../../src/testing/delivery-checker.ts';
import type { EncryptionViolations } from '../../src/testing/encryption-checker.ts';
import type { FakeHomeserver } from '../../src/testing/fake-homeserver.ts';
import type { OlmClient } from '../../src/testing/olm-client.contract.ts';
import { KeyStoreWatch } from './key-store-watch.ts';
import { signedClient } from './signed-client.ts';

/** What is wrong with what arrived, beside its delivery. */
export interface EncryptionVerdict {
  /** Messages that a reader who was there from the start cannot read. */
  readonly undecryptable: number;
  /** Messages that lie open in an encrypted room. */
  readonly clear: number;
  readonly violations: EncryptionViolations;
  /** Of the device that had most. */
  readonly identities: number;
  /** The first few that cannot be read, in words. */
  readonly examples: readonly string[];
}

/** What is found on the way through the rooms. */
interface Tally {
  clear: number;
  /** Events that not all readers can read. */
  readonly unread: string[];
}

interface EncryptedStageOptions {
  readonly homeserver: FakeHomeserver;
  readonly rooms: readonly RoomId[];
  readonly configPath: string;
  /** By account. */
  readonly passwords: ReadonlyMap<string, string>;
}

/** Two, so that a key reaches several devices, and both must read everything. */
const readerNames = ['alice', 'bob'];
/** Keys change often, so that many kills come while they are given out. */
const encryption = { algorithm: 'm.megolm.v1.aes-sha2', rotation_period_msgs: 10 };
/** An identity takes a second on a busy machine. */
const setUpMsMax = 60_000;
/** The homeserver hands out 100 messages to a device at a time; no run has so many keys. */
const syncsMax = 1_000;
/** Enough to see a pattern, few enough to read. */
const examplesMax = 10;

/** Rooms that are encrypted, accounts that have an identity, and devices that read what is said there. */
export class EncryptedStage implements Disposable {
  readonly #homeserver: FakeHomeserver;
  readonly #rooms: readonly RoomId[];
  readonly #keys: KeyStoreWatch;
  readonly #readers: OlmClient[] = [];
  #visitor: { readonly client: OlmClient; readonly rooms: readonly RoomId[] } | undefined;
  #visits = 0;

  private constructor({ homeserver, rooms }: EncryptedStageOptions) {
    this.#homeserver = homeserver;
    this.#rooms = rooms;
    this.#keys = new KeyStoreWatch(homeserver);
  }

  static async open(options: EncryptedStageOptions): Promise<EncryptedStage> {
    const { homeserver, rooms, configPath, passwords } = options;
    const stage = new EncryptedStage(options);
    for (const name of readerNames) {
      const reader = await signedClient(homeserver, name);
      stage.#readers.push(reader);
      for (const roomId of rooms) stage.#move(reader, roomId, 'join');
    }
    for (const roomId of rooms) homeserver.setState(roomId, 'm.room.encryption', '', encryption);
    const config = await readConfig(configPath, { env: {}, cwd: process.cwd() });
    for (const account of config.accounts.values()) {
      const signal = AbortSignal.timeout(setUpMsMax);
      const call = { config, account, signal, onEvent: () => undefined };
      await setUpIdentity(call, () => Promise.resolve(passwords.get(account.name)));
    }
    return stage;
  }

  /** The last visitor leaves two rooms, and one whose device nobody knows enters two: keys change, sessions are opened. */
  async changeVisitor(): Promise<void> {
    const visit = this.#visits++;
    const client = await signedClient(this.#homeserver, `visitor${visit}`);
    this.#endVisit();
    const rooms = [0, 1].flatMap((next) => {
      const room = this.#rooms[(2 * visit + next) % this.#rooms.length];
      return room === undefined ? [] : [room];
    });
    for (const roomId of new Set(rooms)) this.#move(client, roomId, 'join');
    this.#visitor = { client, rooms };
  }

  /** Lets the readers read everything, and judges it against the marks that each room should have, in order. */
  async verify(
    expected: ReadonlyMap<RoomId, readonly string[]>,
    markOf: (content: Readonly<Record<string, unknown>>) => string,
  ): Promise<{ readonly verdict: DeliveryVerdict; readonly encryption: EncryptionVerdict }> {
    const checker = new DeliveryChecker();
    const tally: Tally = { clear: 0, unread: [] };
    for (const reader of this.#readers) await syncAll(reader);
    for (const [roomId, marks] of expected) {
      for (const mark of marks) checker.expect(roomId, mark);
      for (const content of await this.#readRoom(roomId, tally)) {
        checker.arrive(roomId, markOf(content));
      }
    }
    const { clear, unread } = tally;
    const encryptionVerdict = {
      undecryptable: unread.length,
      clear,
      violations: this.#homeserver.encryptionViolations,
      identities: this.#keys.identitiesMax,
      examples: unread.slice(0, examplesMax).map((place) => `undecryptable in ${place}`),
    };
    return { verdict: checker.verdict(), encryption: encryptionVerdict };
  }

  [Symbol.dispose](): void {
    this.#endVisit();
    for (const reader of this.#readers) reader[Symbol.dispose]();
  }

  /** What a room's messages say, as far as somebody can read them. */
  async #readRoom(roomId: RoomId, tally: Tally): Promise<Record<string, unknown>[]> {
    const read: Record<string, unknown>[] = [];
    for (const event of this.#homeserver.messages(roomId)) {
      if (event.type !== 'm.room.encrypted') tally.clear++;
      const contents = await this.#read(roomId, event);
      if (contents.length < readerNames.length) tally.unread.push(`${roomId} ${event.event_id}`);
      read.push(...contents.slice(0, 1));
    }
    return read;
  }

  /** What the readers make of an event; fewer than there are readers where one cannot read it. */
  async #read(roomId: RoomId, event: object): Promise<Record<string, unknown>[]> {
    const contents: Record<string, unknown>[] = [];
    for (const reader of this.#readers) {
      const content = await reader.decrypt(roomId, event).catch(() => undefined);
      if (content !== undefined) contents.push(content);
    }
    return contents;
  }

  #endVisit(): void {
    if (this.#visitor === undefined) return;
    const { client, rooms } = this.#visitor;
    for (const roomId of rooms) this.#move(client, roomId, 'leave');
    client[Symbol.dispose]();
    this.#visitor = undefined;
  }

  #move(client: OlmClient, roomId: RoomId, membership: 'join' | 'leave'): void {
    const userId = parseUserId(client.user.userId);
    if (userId === undefined) throw new Error('A client of a homeserver has a user id.');
    this.#homeserver.setMembership(roomId, userId, membership);
  }
}

/** Takes in everything that was sent to a device. */
async function syncAll(client: OlmClient): Promise<void> {
  for (let syncs = 0; syncs < syncsMax; syncs++) {
    const { to_device: toDevice } = await client.sync();
    if ((toDevice?.events ?? []).length === 0) return;
  }
  throw new Error('A reader is sent more than it can take.');
}
