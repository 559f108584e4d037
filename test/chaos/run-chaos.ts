import { pause, systemClock } from '../../src/clock.ts';
import type { RoomId } from '../../src/matrix/ids.ts';
import type { Counts } from '../../src/outbox/outbox.ts';
import type { DeliveryVerdict } from '../../src/testing/delivery-checker.ts';
import { seededRandom } from '../../src/testing/seeded-random.ts';
import { Backlog } from './backlog.ts';
import { runClient } from './client.ts';
import { DaemonLives } from './daemon-lives.ts';
import { injectFaults } from './inject-faults.ts';
import { drawKillPoints, type KillPoint, KillSwitch, watchHomeserver } from './kill-points.ts';
import type { ChaosOptions } from './options.ts';
import { openStage, type Stage } from './stage.ts';

export interface ChaosReport {
  /** How often it was killed at each point. */
  readonly kills: ReadonlyMap<KillPoint, number>;
  /** What the homeserver's rooms show, against what was accepted. */
  readonly verdict: DeliveryVerdict;
  /** What the outbox itself says in the end. */
  readonly counts: Counts;
}

/** A life lasts up to this long before its point is waited for: load builds up, and lanes are at work. */
const leadMsMax = 800;
/** A point that does not come up within this time, as every lane waits, is given up for a random moment. */
const pointDeadlineMs = 2_000;
/** Delays within which the interesting part happens: recovery after a start, the commit after an answer. */
const afterStartMsMax = 30;
const afterAnswerMsMax = 4;

/**
 * Kills the daemon `kills` times under load and faults, starts it again each time, lets everything arrive in the end,
 * and compares what the clients were told with what is in the rooms and with what the outbox counts.
 *
 * @throws Error when the daemon ends by itself, or refuses a message
 */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const { kills, seed, faultShare, sabotage } = options;
  await using stage = await openStage(options);
  const { homeserver, configPath } = stage;
  const killSwitch = new KillSwitch();
  watchHomeserver(homeserver, killSwitch);
  injectFaults(homeserver, faultShare);
  const args = sabotage === undefined ? [configPath] : [configPath, sabotage];
  const lives = new DaemonLives(args, stage.cacheDir);
  try {
    const load = startLoad(stage, lives, killSwitch, seed);
    const killing = killRepeatedly(kills, lives, killSwitch, seededRandom(seed));
    // A client that fails ends the run at once.
    const killed = await Promise.race([killing, load.failed]);
    const lastLife = await lives.begin();
    const accepted = await load.stop();
    const counts = await lastLife.settle();
    return { kills: killed, counts, verdict: homeserver.verifyDelivery(accepted, markOf) };
  } finally {
    lives.end();
  }
}

/** What was accepted for each room, in order. */
type Accepted = Map<RoomId, string[]>;

interface Load {
  /** Rejects when a client fails. */
  readonly failed: Promise<never>;
  /** Lets each client get its last message accepted. */
  stop(): Promise<Accepted>;
}

function startLoad(stage: Stage, lives: DaemonLives, killSwitch: KillSwitch, seed: number): Load {
  const { homeserver, rooms, tokens } = stage;
  const accepted: Accepted = new Map(rooms.map(({ roomId }) => [roomId, []]));
  const backlog = new Backlog();
  homeserver.onEvent(({ type }) => {
    if (type === 'm.room.message') backlog.arrived();
  });
  let isOver = false;
  const clients = tokens.map((token, client) =>
    runClient({
      token,
      rooms: rooms.filter((_, index) => index % tokens.length === client),
      url: () => lives.url(),
      random: seededRandom(seed + 1 + client),
      mayGoOn: () => backlog.mayGrow(),
      isOver: () => isOver,
      onAccepted(roomId, mark) {
        killSwitch.reached('on-accepted');
        accepted.get(roomId)?.push(mark);
        backlog.accepted();
      },
    }),
  );
  const all = Promise.all(clients);
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => undefined);
  all.catch(failed.reject);
  return {
    failed: failed.promise,
    async stop() {
      isOver = true;
      await all;
      return accepted;
    },
  };
}

async function killRepeatedly(
  kills: number,
  lives: DaemonLives,
  killSwitch: KillSwitch,
  random: () => number,
): Promise<Map<KillPoint, number>> {
  const killed = new Map<KillPoint, number>();
  const points = drawKillPoints(random);
  for (let kill = 0; kill < kills; kill++) {
    const point = await killOnce(points.next().value, lives, killSwitch, random);
    killed.set(point, (killed.get(point) ?? 0) + 1);
  }
  return killed;
}

/** One life and its end; the point at which it ended. */
async function killOnce(
  point: KillPoint,
  lives: DaemonLives,
  killSwitch: KillSwitch,
  random: () => number,
): Promise<KillPoint> {
  const life = await lives.begin();
  const kill = () => lives.kill();
  const isEarly = point === 'on-start';
  await pause(systemClock, random() * (isEarly ? afterStartMsMax : leadMsMax));
  if (isEarly || point === 'random') {
    kill();
    await life.killed;
    return point;
  }
  const delayMs = random() < 0.5 ? 0 : random() * afterAnswerMsMax;
  const isDelayed = point === 'on-answered' && delayMs > 0;
  killSwitch.arm(point, isDelayed ? () => setTimeout(kill, delayMs) : kill);
  const isReached = await Promise.race([
    life.killed.then(() => true),
    pause(systemClock, pointDeadlineMs).then(() => false),
  ]);
  if (isReached) return point;
  killSwitch.disarm();
  kill();
  await life.killed;
  return 'random';
}

/** A message that waited long says so below its mark. */
function markOf(content: Readonly<Record<string, unknown>>): string {
  return String(content['body']).split('\n', 1)[0] ?? '';
}
