import { expect, vi } from 'vitest';
import { readRoom } from '../../../src/deployment/observed/read-room.ts';
import type { RoomView } from '../../../src/deployment/observed/room-view.ts';
import { parseRoomAlias, parseUserId, type RoomId } from '../../../src/matrix/ids.ts';
import { resolveAlias } from '../../../src/matrix/rooms.ts';
import type { Session } from '../../../src/matrix/session.ts';
import type { Synapse } from '../../synapse/start-synapse.ts';
import { SynapsePeople, soon } from './synapse-people.ts';

/** Within this everything is promised to be as it was asked for; a test waits no longer. */
const promisedMs = 60_000;
const pollMs = 250;

const keys = ['space', 'admin', 'general', 'helpdesk', 'offtopic'] as const;
export type RmapiRoom = (typeof keys)[number];
export type Places = Readonly<Record<RmapiRoom, string>>;

/** The drop-in's rooms, as an administrator of the homeserver sees them. */
export class RmapiRooms implements AsyncDisposable {
  readonly people: SynapsePeople;
  readonly #root: Session;

  private constructor(people: SynapsePeople, root: Session) {
    this.people = people;
    this.#root = root;
  }

  static async open(synapse: Synapse): Promise<RmapiRooms> {
    const people = new SynapsePeople(synapse);
    return new RmapiRooms(people, await people.arrive('root', true));
  }

  get root(): Session {
    return this.#root;
  }

  async roomId(key: RmapiRoom): Promise<RoomId | undefined> {
    const { homeserver, synapse } = this.people;
    const alias = parseRoomAlias(`#manifest_notfound-${key}:${synapse.serverName}`);
    return alias && (await resolveAlias(homeserver, alias, soon()))?.roomId;
  }

  async view(key: RmapiRoom): Promise<RoomView | undefined> {
    const roomId = await this.roomId(key);
    return roomId && (await readRoom(this.#root, roomId, soon()));
  }

  /** What somebody is in each room: `join 100`, or nothing. */
  async placesOf(name: string): Promise<Places> {
    const userId = parseUserId(`@${name}:${this.people.synapse.serverName}`);
    if (userId === undefined) throw new Error(`${name} is no localpart.`);
    const places = { space: '', admin: '', general: '', helpdesk: '', offtopic: '' };
    for (const key of keys) {
      const view = await this.view(key);
      const users = (view?.powerLevels?.['users'] ?? {}) as Record<string, number>;
      places[key] = `${view?.membershipOf(userId) ?? ''} ${users[userId] ?? ''}`.trim();
    }
    return places;
  }

  /** Waits, at most the minute that is promised, until somebody is where they belong. */
  async whenIn(name: string, places: Partial<Places>): Promise<void> {
    const look = async () => expect(await this.placesOf(name)).toMatchObject(places);
    await vi.waitFor(look, { timeout: promisedMs, interval: pollMs });
  }

  /** Waits, at most the minute that is promised, until somebody's token is not taken any more. */
  async whenLockedOut({ accessToken }: Pick<Session, 'accessToken'>): Promise<void> {
    const url = `${this.people.synapse.baseUrl}/_matrix/client/v3/account/whoami`;
    const headers = { authorization: `Bearer ${accessToken}` };
    const look = async () =>
      expect((await fetch(url, { headers, signal: soon() })).status).toBe(401);
    await vi.waitFor(look, { timeout: promisedMs, interval: pollMs });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.people[Symbol.asyncDispose]();
  }
}
