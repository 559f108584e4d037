import type { FakeHomeserver } from '../../src/testing/fake-homeserver.ts';
import type { Operation } from '../../src/testing/homeserver/route.ts';
import type { ChaosMode } from './options.ts';

/**
 * The moments at which the daemon is killed, all seen from outside:
 *
 * - `random`: whenever.
 * - `on-request`: a send has reached the homeserver, which never looks at it.
 * - `on-taken`: the event is in its room, the answer has not left.
 * - `on-answered`: the answer has left, so its completion is just being written, or was just written.
 * - `on-accepted`: a client has just got its 2xx.
 * - `on-start`: it has just begun to listen, and is taking up what an earlier life left.
 */
export const killPoints = [
  'random',
  'on-request',
  'on-taken',
  'on-answered',
  'on-accepted',
  'on-start',
] as const;

/**
 * What there is besides with encryption:
 *
 * - `on-share`: a room's key is on its way to devices, and the homeserver never looks at it.
 * - `on-shared`: the answer to that has left, so it is just being marked.
 * - `on-claimed`: one-time keys of other devices have left, and the sessions they open are just being stored.
 * - `on-synced`: news have left, and are just being stored with their token.
 */
export const encryptionKillPoints = ['on-share', 'on-shared', 'on-claimed', 'on-synced'] as const;

export type KillPoint = (typeof killPoints)[number] | (typeof encryptionKillPoints)[number];

/** The points of a run, in the order in which they are reported. */
export function killPointsOf(mode: ChaosMode): readonly KillPoint[] {
  return mode === 'plain' ? killPoints : [...killPoints, ...encryptionKillPoints];
}

/** Waits for one point at a time, and kills in the very turn of the event loop in which it is reached. */
export class KillSwitch {
  #armed: { readonly point: KillPoint; readonly kill: () => void } | undefined;

  arm(point: KillPoint, kill: () => void): void {
    this.#armed = { point, kill };
  }

  disarm(): void {
    this.#armed = undefined;
  }

  /** Says that `point` is reached; whether that was the moment to kill. */
  reached(point: KillPoint): boolean {
    if (this.#armed?.point !== point) return false;
    const { kill } = this.#armed;
    this.#armed = undefined;
    kill();
    return true;
  }
}

/** Points at which a request that reached the homeserver is never looked at. */
const requestPoints: readonly (readonly [Operation, KillPoint])[] = [
  ['sendMessage', 'on-request'],
  ['sendToDevice', 'on-share'],
];

/** Points at which an answer to a path with this in it has left. */
const answerPoints: readonly (readonly [string, KillPoint])[] = [
  ['/send/', 'on-answered'],
  ['/sendToDevice/', 'on-shared'],
  ['/keys/claim', 'on-claimed'],
  ['/sync', 'on-synced'],
];

/** Tells the switch of every point that shows at the homeserver, at requests of the daemon alone. */
export function watchHomeserver(homeserver: FakeHomeserver, killSwitch: KillSwitch): void {
  for (const [asked, point] of requestPoints) {
    homeserver.fault(
      ({ operation, headers }) =>
        operation === asked && isOfDaemon(headers) && killSwitch.reached(point),
      { kind: 'drop-request' },
    );
  }
  homeserver.onEvent(({ type }) => {
    if (isSaid(type)) killSwitch.reached('on-taken');
  });
  homeserver.onExchange(({ path, status, injected, headers }) => {
    if (status !== 200 || injected || !isOfDaemon(headers)) return;
    for (const [part, point] of answerPoints) if (path.includes(part)) killSwitch.reached(point);
  });
}

/** Whether an event is one that the daemon delivers. */
export function isSaid(type: string): boolean {
  return type === 'm.room.message' || type === 'm.room.encrypted';
}

/** Whether a request is the daemon's, and not that of a client that reads. */
export function isOfDaemon(headers: Readonly<Record<string, unknown>>): boolean {
  return headers['user-agent'] === 'Bellhop';
}

/** Every point in turn, each round in another order, so that a short run has them all. */
export function* drawKillPoints(
  points: readonly KillPoint[],
  random: () => number,
): Generator<KillPoint, never> {
  for (;;) {
    const round = [...points];
    while (round.length > 0) {
      yield* round.splice(Math.floor(random() * round.length), 1);
    }
  }
}
