import { pause, systemClock } from '../../src/clock.ts';
import type { RoomId } from '../../src/matrix/ids.ts';
import type { Counts } from '../../src/outbox/outbox.ts';
import type { DeliveryVerdict } from '../../src/testing/delivery-checker.ts';
import { seededRandom } from '../../src/testing/seeded-random.ts';
import { Backlog } from './backlog.ts';
import { runClient } from './client.ts';
import { DaemonLives } from './daemon-lives.ts';
import type { EncryptionVerdict } from './encrypted-stage.ts';
import { injectFaults } from './inject-faults.ts';
import {
  drawKillPoints,
  isSaid,
  type KillPoint,
  KillSwitch,
  killPointsOf,
  watchHomeserver,
} from './kill-points.ts';
import type { ChaosOptions } from './options.ts';
import { Ration } from './ration.ts';
import { openStage, type Stage } from './stage.ts';

export interface ChaosReport {
  /** How often it was killed at each point. */
  readonly kills: ReadonlyMap<KillPoint, number>;
  /** What the homeserver's rooms show, against what was accepted. */
  readonly verdict: DeliveryVerdict;
  /** What the homeserver and readers saw of encryption; undefined in clear. */
  readonly encryption?: EncryptionVerdict;
  /** What the outbox itself says in the end. */
  readonly counts: Counts;
}

/** A life lasts up to this long before its point is waited for: load builds up, and lanes are at work. */
const leadMsMax = 800;
/** Opening the stores and syncing come before the first message. */
const encryptedLeadMsMax = 1_600;
/** A point that does not come up within this time, as every lane waits, is given up for a random moment. */
const pointDeadlineMs = 2_000;
/** Delays within which the interesting part happens: recovery after a start, the commit after an answer. */
const afterStartMsMax = 30;
/** The same with stores to open, keys to upload and a first sync. */
const encryptedStartMsMax = 400;
const afterAnswerMsMax = 4;

/**
 * Kills the daemon `kills` times under load and faults, starts it again each time, lets everything arrive in the end,
 * and compares what the clients were told with what is in the rooms and with what the outbox counts.
 *
 * @throws Error when the daemon ends by itself, or refuses a message
 */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const { faultShare, sabotage } = options;
  await using stage = await openStage(options);
  const { homeserver, configPath, encrypted } = stage;
  const killSwitch = new KillSwitch();
  watchHomeserver(homeserver, killSwitch);
  injectFaults(homeserver, faultShare);
  const args = sabotage === undefined ? [configPath] : [configPath, sabotage];
  const lives = new DaemonLives(args, stage.cacheDir);
  try {
    const load = startLoad(stage, lives, killSwitch, options);
    const killing = killRepeatedly({ options, lives, killSwitch, stage, load });
    // A client that fails ends the run at once.
    const kills = await Promise.race([killing, load.failed]);
    const lastLife = await lives.begin();
    const accepted = await load.stop();
    const counts = await lastLife.settle();
    if (encrypted === undefined) {
      return { kills, counts, verdict: homeserver.verifyDelivery(accepted, markOf) };
    }
    return { kills, counts, ...(await encrypted.verify(accepted, markOf)) };
  } finally {
    lives.end();
  }
}

/** What was accepted for each room, in order. */
type Accepted = Map<RoomId, string[]>;

interface Load {
  /** A life is over: where messages are counted, another share of them may be sent. */
  lifeEnded(): void;
  /** Rejects when a client fails. */
  readonly failed: Promise<never>;
  /** Lets each client get its last message accepted. */
  stop(): Promise<Accepted>;
}

function startLoad(
  stage: Stage,
  lives: DaemonLives,
  killSwitch: KillSwitch,
  options: ChaosOptions,
): Load {
  const { homeserver, rooms, tokens } = stage;
  const { seed } = options;
  const accepted: Accepted = new Map(rooms.map(({ roomId }) => [roomId, []]));
  const backlog = new Backlog();
  homeserver.onEvent(({ type }) => {
    if (isSaid(type)) backlog.arrived();
  });
  const ration = new Ration(options);
  let isOver = false;
  const clients = tokens.map((token, client) =>
    runClient({
      token,
      rooms: rooms.filter((_, index) => index % tokens.length === client),
      url: () => lives.url(),
      random: seededRandom(seed + 1 + client),
      async mayGoOn(number) {
        await ration.allows(number);
        await backlog.mayGrow();
      },
      isOver: (number) => (ration.isCounted ? number > ration.perRoom : isOver),
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
    lifeEnded: () => ration.lifeEnded(),
    async stop() {
      isOver = true;
      ration.end();
      await all;
      return accepted;
    },
  };
}

interface Killing {
  readonly options: ChaosOptions;
  readonly lives: DaemonLives;
  readonly killSwitch: KillSwitch;
  readonly stage: Stage;
  readonly load: Load;
}

async function killRepeatedly(killing: Killing): Promise<Map<KillPoint, number>> {
  const { options, stage, load } = killing;
  const random = seededRandom(options.seed);
  const killed = new Map<KillPoint, number>();
  const points = drawKillPoints(killPointsOf(options.mode), random);
  for (let kill = 0; kill < options.kills; kill++) {
    await stage.encrypted?.changeVisitor();
    const point = await killOnce(points.next().value, killing, random);
    killed.set(point, (killed.get(point) ?? 0) + 1);
    load.lifeEnded();
  }
  return killed;
}

/** One life and its end; the point at which it ended. */
async function killOnce(
  point: KillPoint,
  { options, lives, killSwitch }: Killing,
  random: () => number,
): Promise<KillPoint> {
  const life = await lives.begin();
  const kill = () => lives.kill();
  await pause(systemClock, random() * leadMsOf(point, options));
  if (point === 'on-start' || point === 'random') {
    kill();
    await life.killed;
    return point;
  }
  const delayMs = random() < 0.5 ? 0 : random() * afterAnswerMsMax;
  const isDelayed = delayMs > 0 && !immediatePoints.has(point);
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

/** Points at which the homeserver itself has something to do that must not happen later. */
const immediatePoints: ReadonlySet<KillPoint> = new Set([
  'on-request',
  'on-taken',
  'on-accepted',
  'on-share',
]);

function leadMsOf(point: KillPoint, { mode }: ChaosOptions): number {
  if (point === 'on-start') return mode === 'plain' ? afterStartMsMax : encryptedStartMsMax;
  return mode === 'plain' ? leadMsMax : encryptedLeadMsMax;
}

/** A message that waited long says so below its mark. */
function markOf(content: Readonly<Record<string, unknown>>): string {
  return String(content['body']).split('\n', 1)[0] ?? '';
}
