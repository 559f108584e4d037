import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import type { Clock } from '../clock.ts';
import { Failure } from '../errors.ts';
import { TransportError } from '../matrix/errors.ts';
import type { Homeserver } from '../matrix/homeserver.ts';
import { parseUserId, type UserId } from '../matrix/ids.ts';
import { openHomeserver } from '../matrix/undici-homeserver.ts';
import { type FakeHomeserver, startFakeHomeserver } from '../testing/fake-homeserver.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { DeploymentBot } from './bot/deployment-bot.ts';
import { Deployment } from './deployment.ts';
import { parseDeployment } from './file/parse-deployment.ts';

/** More calls than an apply of these rooms makes. */
const callsMax = 80;

/** A process that is dead would try to reach its homeserver for ever. */
const deadMs = 50;

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A clock on which every wait is over at once. */
const hasty: Clock = {
  now: () => 0,
  monotonic: () => 0,
  after(_, run) {
    const immediate = setImmediate(run);
    return () => clearImmediate(immediate);
  },
};

/** One life of the process. */
class Stage {
  requests = 0;
  writes = 0;
  fatal = Number.POSITIVE_INFINITY;
  released = 0;
  readonly deployment: Deployment;

  constructor(fake: FakeHomeserver, directory: string, version: string, secret: string) {
    const inner = openHomeserver(fake.baseUrl);
    closing.push(() => inner.close());
    const homeserver: Homeserver = {
      baseUrl: inner.baseUrl,
      close: () => inner.close(),
      request: async (request) => {
        const count = ++this.requests;
        const dead = new TransportError('interrupted', 'GET /', 'this process is dead');
        if (count > this.fatal) throw dead;
        if (request.method !== 'GET') this.writes++;
        const response = await inner.request(request);
        // What the homeserver did is done; the process never learns of it.
        if (count === this.fatal) throw dead;
        return response;
      },
    };
    const bot = new DeploymentBot(
      {
        userId: parseUserId(`@bot:${fake.serverName}`) as UserId,
        homeserver,
        tokenFile: join(directory, 'token'),
        readSecret: async () => await Promise.resolve(secret),
      },
      {
        clock: hasty,
        randomHex: (bytes) => randomBytes(bytes).toString('hex'),
        onEvent: () => undefined,
      },
    );
    const parsed = parseDeployment({
      homeserver: fake.baseUrl,
      server_name: fake.serverName,
      bot: { username: 'bot', token_file: 'token' },
      room_version: version,
      space: { alias: 'space' },
      rooms: {
        general: { alias: 'general', topic: 'Work', calls: 'everyone' },
        help: { alias: 'help', encryption: false, pinned: 'Ask here.' },
      },
    });
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    this.deployment = new Deployment(parsed.deployment, {
      session: (signal) => bot.session(signal),
      takeWriter: () => ({ release: () => this.released++ }),
      clock: hasty,
      onStep: () => undefined,
    });
  }
}

/** What outlives the process: the homeserver, and the directory of the token. */
async function openWorld(): Promise<(version: string) => Stage> {
  const registrationSharedSecret = 'secret';
  const fake = await startFakeHomeserver({ registrationSharedSecret });
  closing.push(() => fake.stop());
  const directory = await mkdtemp(join(tmpdir(), 'bellhop-deployment-'));
  closing.push(() => rm(directory, { recursive: true, force: true }));
  return (version) => new Stage(fake, directory, version, registrationSharedSecret);
}

async function open(version: string): Promise<Stage> {
  return (await openWorld())(version);
}

const never = new AbortController().signal;

it.each(['10', '11', '12'])(
  'a second apply writes nothing, in room version %s',
  async (version) => {
    const stage = await open(version);
    expect((await stage.deployment.plan(never)).steps.length).toBeGreaterThan(0);
    const first = await stage.deployment.apply(never);
    expect(first.taken.filter(({ problem }) => problem !== undefined)).toEqual([]);
    expect(first).toMatchObject({ converged: true, findings: [] });
    const { writes } = stage;
    expect(await stage.deployment.apply(never)).toMatchObject({ converged: true, taken: [] });
    expect(stage.writes).toBe(writes);
    expect(stage.released).toBe(2);
    const people = await first.deploymentRooms.read('general', never);
    expect(people?.levelOf(first.deploymentRooms.botUserId)).toBe(
      version === '12' ? Number.POSITIVE_INFINITY : 200,
    );
  },
);

it('a first start that dies after any of its calls is completed by the next start', async () => {
  for (let fatal = 1; ; fatal++) {
    expect(fatal).toBeLessThan(callsMax);
    const live = await openWorld();
    const doomed = live('11');
    doomed.fatal = fatal;
    const died = await doomed.deployment.apply(AbortSignal.timeout(deadMs)).then(
      ({ converged }) => !converged || doomed.requests >= fatal,
      () => true,
    );
    const next = live('11');
    const completed = await next.deployment.apply(never);
    expect(completed, `after call ${fatal}`).toMatchObject({ converged: true, findings: [] });
    const { writes } = next;
    expect(await next.deployment.apply(never)).toMatchObject({ taken: [] });
    expect(next.writes).toBe(writes);
    for (const close of closing.splice(0).reverse()) await close();
    if (!died) break;
  }
});

it('whoever is not the writer changes nothing', async () => {
  const stage = await open('12');
  const { desired } = stage.deployment;
  await stage.deployment.plan(never);
  const other = new Deployment(desired, {
    session: async () => await Promise.resolve({} as never),
    takeWriter: () => {
      throw new Failure('data_dir_owned');
    },
    clock: new ManualClock(),
    onStep: () => undefined,
  });
  await expect(other.apply(never)).rejects.toMatchObject({ code: 'data_dir_owned' });
});
