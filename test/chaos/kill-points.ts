import type { FakeHomeserver } from '../../src/testing/fake-homeserver.ts';

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
export type KillPoint = (typeof killPoints)[number];

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

/** Tells the switch of every point that shows at the homeserver. */
export function watchHomeserver(homeserver: FakeHomeserver, killSwitch: KillSwitch): void {
  homeserver.fault(
    ({ operation }) => operation === 'sendMessage' && killSwitch.reached('on-request'),
    { kind: 'drop-request' },
  );
  homeserver.onEvent(({ type }) => {
    if (type === 'm.room.message') killSwitch.reached('on-taken');
  });
  homeserver.onExchange(({ path, status, injected }) => {
    if (status === 200 && !injected && path.includes('/send/')) killSwitch.reached('on-answered');
  });
}

/** Every point in turn, each round in another order, so that a short run has them all. */
export function* drawKillPoints(random: () => number): Generator<KillPoint, never> {
  for (;;) {
    const round = [...killPoints];
    while (round.length > 0) {
      yield* round.splice(Math.floor(random() * round.length), 1);
    }
  }
}
