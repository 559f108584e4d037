import { roomVersions } from '../../matrix/capabilities.ts';
import { MatrixError, TransportError } from '../../matrix/errors.ts';
import { isRoomAlias, type RoomAlias, type RoomId } from '../../matrix/ids.ts';
import { joinedRooms, resolveAlias } from '../../matrix/rooms.ts';
import type { Session } from '../../matrix/session.ts';
import type { DesiredDeployment, DesiredRoom } from '../desired.ts';
import { type MarkedRooms, markerOf } from './marker.ts';
import {
  nothingFound,
  type ObservedDeployment,
  type ObservedRoom,
  type SeenRoom,
} from './observed.ts';
import { readRoom } from './read-room.ts';
import type { RoomView } from './room-view.ts';

/** A room that was upgraded more often in a row is a trap. */
const upgradesMax = 10;
/** Requests at once while all rooms of the bot are looked through; the homeserver has others to serve. */
const parallelMax = 8;

/**
 * How the homeserver is: two requests for each room of the file, and one for each room the bot is in when a room is not
 * where its alias leads. Nothing is written.
 * @throws MatrixError, TransportError
 */
export async function observe(
  deployment: DesiredDeployment,
  session: Session,
  signal: AbortSignal,
): Promise<ObservedDeployment> {
  const observer = new Observer(deployment, session, signal);
  const rooms = new Map<string, ObservedRoom>();
  for (const room of deployment.rooms) rooms.set(room.key, await observeOr(observer, room));
  return {
    botUserId: session.userId,
    // Asked last: a homeserver that answers nothing at all fails here.
    roomVersions: await roomVersions(session, signal),
    rooms,
  };
}

/** A room that the homeserver cannot show, or whose state is too large to read, hides no other. */
async function observeOr(observer: Observer, room: DesiredRoom): Promise<ObservedRoom> {
  try {
    return await observer.observe(room);
  } catch (error) {
    if (!isOfOneRoom(error)) throw error;
    return { ...nothingFound, unreadable: error.message };
  }
}

function isOfOneRoom(error: unknown): error is MatrixError | TransportError {
  if (error instanceof TransportError) return error.kind === 'interrupted';
  return error instanceof MatrixError && error.status !== 401;
}

type Followed = Pick<ObservedRoom, 'chain' | 'end'>;

interface Found {
  readonly foundBy: ObservedRoom['foundBy'];
  readonly roomId: RoomId;
  /** Whether all rooms of the bot were looked through for it. */
  readonly isSearched: boolean;
}

class Observer {
  readonly #deployment: DesiredDeployment;
  readonly #session: Session;
  readonly #signal: AbortSignal;
  readonly #views = new Map<RoomId, RoomView | undefined>();
  #marked: MarkedRooms | undefined;

  constructor(deployment: DesiredDeployment, session: Session, signal: AbortSignal) {
    this.#deployment = deployment;
    this.#session = session;
    this.#signal = signal;
  }

  async observe(room: DesiredRoom): Promise<ObservedRoom> {
    const aliases = new Map<RoomAlias, SeenRoom | undefined>();
    const { alias } = room;
    const leadsTo = alias === undefined ? undefined : await this.#resolve(alias);
    if (alias !== undefined) aliases.set(alias, leadsTo && (await this.#see(leadsTo)));
    for (const more of room.aliases) aliases.set(more, await this.#seeOther(more));
    const start = await this.#find(room, leadsTo);
    if (start === undefined) return { aliases, foundBy: undefined, chain: [], end: 'open' };
    const { foundBy } = start;
    const found = await this.#follow(start.roomId);
    const passedOver = foundBy === 'marker' ? await this.#passedOver(room, found) : undefined;
    return {
      aliases,
      foundBy,
      ...found,
      twins: start.isSearched ? this.#twins(room, found) : [],
      ...(passedOver === undefined ? {} : { passedOver }),
    };
  }

  async #see(roomId: RoomId): Promise<SeenRoom> {
    return { roomId, view: await this.#read(roomId) };
  }

  /** A stranger's room that cannot be read is a stranger's all the same. */
  async #seeOther(alias: RoomAlias): Promise<SeenRoom | undefined> {
    const roomId = await this.#resolve(alias);
    if (roomId === undefined) return undefined;
    try {
      return await this.#see(roomId);
    } catch (error) {
      if (!isOfOneRoom(error)) throw error;
      return { roomId, view: undefined };
    }
  }

  /** What the file names is the room that is used if an upgrade leads from it to that. */
  async #passedOver(room: DesiredRoom, { chain }: Followed): Promise<RoomId | undefined> {
    const named = await this.#named(room);
    if (named === undefined || chain.some(({ roomId }) => roomId === named)) return undefined;
    const used = chain.at(-1)?.roomId;
    const isFormer = (await this.#follow(named)).chain.some(({ roomId }) => roomId === used);
    return isFormer ? undefined : named;
  }

  #twins({ key, kind }: DesiredRoom, { chain }: Followed): RoomId[] {
    return (this.#marked?.get(key) ?? []).filter((roomId) => {
      const view = this.#views.get(roomId);
      const isFitting = view?.isSpace === (kind === 'space') && view.tombstone === undefined;
      return isFitting && !chain.some((seen) => seen.roomId === roomId);
    });
  }

  async #resolve(alias: RoomAlias): Promise<RoomId | undefined> {
    return (await resolveAlias(this.#session.homeserver, alias, this.#signal))?.roomId;
  }

  /** What stands in a room outweighs what the file names, and that the alias: only it survives both. */
  async #find(room: DesiredRoom, leadsTo: RoomId | undefined): Promise<Found | undefined> {
    if (leadsTo !== undefined && this.#isMarked(room, await this.#read(leadsTo))) {
      return { foundBy: 'marker', roomId: leadsTo, isSearched: false };
    }
    this.#marked ??= await this.#searchMarked();
    const marked = this.#fitting(room, this.#marked.get(room.key) ?? []);
    if (marked !== undefined) return { foundBy: 'marker', roomId: marked, isSearched: true };
    const named = await this.#named(room);
    if (named !== undefined) return { foundBy: 'name', roomId: named, isSearched: true };
    return leadsTo === undefined
      ? undefined
      : { foundBy: 'alias', roomId: leadsTo, isSearched: true };
  }

  /** One that cannot be what the file wants may have been replaced before: it must not be found again and again. */
  #fitting({ kind }: DesiredRoom, roomIds: readonly RoomId[]): RoomId | undefined {
    const isFitting = (roomId: RoomId): boolean =>
      this.#views.get(roomId)?.isSpace === (kind === 'space');
    return roomIds.find(isFitting) ?? roomIds[0];
  }

  async #named({ room }: DesiredRoom): Promise<RoomId | undefined> {
    if (room === undefined) return undefined;
    return isRoomAlias(room) ? await this.#resolve(room) : room;
  }

  #isMarked(room: DesiredRoom, view: RoomView | undefined): boolean {
    const marker = view === undefined ? undefined : markerOf(view, this.#session.userId);
    return marker?.key === room.key && marker.deployment === this.#deployment.name;
  }

  async #searchMarked(): Promise<MarkedRooms> {
    const waiting = await joinedRooms(this.#session, this.#signal);
    const views: RoomView[] = [];
    const work = async (): Promise<void> => {
      for (let roomId = waiting.pop(); roomId !== undefined; roomId = waiting.pop()) {
        const view = await this.#read(roomId);
        if (view !== undefined) views.push(view);
      }
    };
    await Promise.all(Array.from({ length: parallelMax }, work));
    // An open room before one that was replaced; among equals the order must not depend on who answered first.
    views.sort((a, b) => rank(a) - rank(b) || (a.roomId < b.roomId ? -1 : 1));
    const marked = new Map<string, RoomId[]>();
    for (const view of views) {
      const marker = markerOf(view, this.#session.userId);
      if (marker?.deployment !== this.#deployment.name) continue;
      marked.set(marker.key, [...(marked.get(marker.key) ?? []), view.roomId]);
    }
    return marked;
  }

  async #read(roomId: RoomId): Promise<RoomView | undefined> {
    if (!this.#views.has(roomId)) {
      this.#views.set(roomId, await readRoom(this.#session, roomId, this.#signal));
    }
    return this.#views.get(roomId);
  }

  /** The room and what replaced it, as long as both ends of an upgrade agree. */
  async #follow(start: RoomId): Promise<Followed> {
    const chain: SeenRoom[] = [await this.#see(start)];
    for (;;) {
      const view = chain.at(-1)?.view;
      const tombstone = view?.tombstone;
      if (view === undefined || tombstone === undefined) return { chain, end: 'open' };
      const next = tombstone.replacement;
      if (next === undefined) return { chain, end: 'closed' };
      if (chain.some(({ roomId }) => roomId === next)) return { chain, end: 'circle' };
      if (chain.length > upgradesMax) return { chain, end: 'endless' };
      const nextView = await this.#read(next);
      if (nextView?.predecessor !== view.roomId) return { chain, end: 'unproven' };
      chain.push({ roomId: next, view: nextView });
    }
  }
}

const rank = (view: RoomView): number => (view.tombstone === undefined ? 0 : 1);
