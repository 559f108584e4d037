import { pause, systemClock } from '../../src/clock.ts';
import type { RoomId } from '../../src/matrix/ids.ts';

/** A room as clients know it. */
export interface ClientRoom {
  /** In the configuration. */
  readonly name: string;
  readonly roomId: RoomId;
}

export interface ClientOptions {
  readonly token: string;
  /** No other client sends to these, so their order is known. */
  readonly rooms: readonly ClientRoom[];
  /** Where the daemon listens, as soon as one lives. */
  url(): Promise<string>;
  readonly random: () => number;
  /** Resolves when it may send the message of this number in a room. */
  mayGoOn(number: number): Promise<void>;
  /** Whether there is no message of this number. */
  isOver(number: number): boolean;
  /** Called in the same turn of the event loop in which the 2xx is there. */
  onAccepted(roomId: RoomId, mark: string): void;
}

interface Message {
  readonly mark: string;
  readonly path: string;
  readonly init: RequestInit;
}

/** One in so many goes through the façade, whose answer waits for the event and so takes longer. */
const facadeEvery = 25;
/** A dying daemon refuses connections for some milliseconds before it is known to be dead. */
const repeatAfterMs = 10;
/** The longest answer is the façade's, after 2 s; a request that outlives its daemon must not hang. */
const answerDeadlineMs = 15_000;
/** Some minutes of a daemon that never answers: longer than any life takes to begin. */
const repeatsMax = 10_000;

/**
 * Sends to all its rooms side by side until it is over. In each room it sends one message at a time, and repeats it with
 * the same key until it is accepted: the order of acceptance is the order of the numbers.
 *
 * @throws Error when a message is refused, or never accepted
 */
export async function runClient(options: ClientOptions): Promise<void> {
  await Promise.all(options.rooms.map((room) => sendTo(room, options)));
}

async function sendTo(room: ClientRoom, options: ClientOptions): Promise<void> {
  for (let number = 1; !options.isOver(number); number++) {
    await options.mayGoOn(number);
    const mark = `${room.name}-${number}`;
    const isForFacade = options.random() < 1 / facadeEvery;
    await submit(isForFacade ? matrixEvent(room, mark) : notification(room, mark), options);
    options.onAccepted(room.roomId, mark);
  }
}

function notification(room: ClientRoom, mark: string): Message {
  const headers = { 'content-type': 'application/json', 'idempotency-key': mark };
  const body = JSON.stringify({ room: room.name, body: mark });
  return { mark, path: '/v1/notifications', init: { method: 'POST', headers, body } };
}

function matrixEvent(room: ClientRoom, mark: string): Message {
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ msgtype: 'm.text', body: mark });
  const roomPath = `/_matrix/client/v3/rooms/${encodeURIComponent(room.roomId)}`;
  const path = `${roomPath}/send/m.room.message/${mark}`;
  return { mark, path, init: { method: 'PUT', headers, body } };
}

async function submit(message: Message, options: ClientOptions): Promise<void> {
  const { mark, path, init } = message;
  const headers = { ...init.headers, authorization: `Bearer ${options.token}` };
  for (let repeats = 0; repeats < repeatsMax; repeats++) {
    const status = await answer(`${await options.url()}${path}`, { ...init, headers });
    if (status !== undefined && status < 300) return;
    if (status !== undefined && status < 500) throw new Error(`${mark} is refused: ${status}.`);
    await pause(systemClock, repeatAfterMs);
  }
  throw new Error(`${mark} is never accepted.`);
}

/** The status of a whole answer; undefined: there was none. */
async function answer(url: string, init: RequestInit): Promise<number | undefined> {
  try {
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(answerDeadlineMs) });
    await response.arrayBuffer();
    return response.status;
  } catch {
    return undefined;
  }
}
