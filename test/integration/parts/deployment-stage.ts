import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../../src/clock.ts';
import type { TakenStep } from '../../../src/deployment/apply.ts';
import type { BotEvent } from '../../../src/deployment/bot/bot-event.ts';
import { DeploymentBot } from '../../../src/deployment/bot/deployment-bot.ts';
import { type AppliedDeployment, Deployment } from '../../../src/deployment/deployment.ts';
import type { DesiredDeployment } from '../../../src/deployment/desired.ts';
import { parseDeployment } from '../../../src/deployment/file/parse-deployment.ts';
import { readRoom } from '../../../src/deployment/observed/read-room.ts';
import type { RoomView } from '../../../src/deployment/observed/room-view.ts';
import type { Plan } from '../../../src/deployment/plan/plan.ts';
import type { Homeserver, MatrixRequest, MatrixResponse } from '../../../src/matrix/homeserver.ts';
import { parseRoomAlias, parseUserId, type RoomId, type UserId } from '../../../src/matrix/ids.ts';
import { resolveAlias } from '../../../src/matrix/rooms.ts';
import type { Session } from '../../../src/matrix/session.ts';
import { openHomeserver } from '../../../src/matrix/undici-homeserver.ts';
import { type Synapse, startSynapse } from '../../synapse/start-synapse.ts';
import { SynapsePeople, soon } from './synapse-people.ts';

/** Counts what a deployment asks of its homeserver, and can take answers away. */
export class CountingHomeserver implements Homeserver {
  readonly baseUrl: string;
  readonly requests: MatrixRequest[] = [];
  /** Called before a request leaves; what it throws is what the caller gets. */
  before: (request: MatrixRequest, count: number) => void = () => undefined;
  /** Called when the answer is there. */
  after: (request: MatrixRequest, count: number) => void = () => undefined;
  readonly #inner: Homeserver;

  constructor(baseUrl: string) {
    this.baseUrl = baseUrl;
    this.#inner = openHomeserver(baseUrl);
  }

  get writes(): number {
    return this.requests.filter(({ method }) => method !== 'GET').length;
  }

  async request(request: MatrixRequest): Promise<MatrixResponse> {
    const count = this.requests.push(request);
    this.before(request, count);
    const response = await this.#inner.request(request);
    this.after(request, count);
    return response;
  }

  async close(): Promise<void> {
    await this.#inner.close();
  }
}

/** A Synapse with a deployment's bot, and people who do things by hand. */
export class DeploymentStage implements AsyncDisposable {
  readonly synapse: Synapse;
  readonly people: SynapsePeople;
  readonly homeserver: CountingHomeserver;
  readonly events: BotEvent[] = [];
  readonly taken: TakenStep[] = [];
  readonly directory: string;
  readonly bot: DeploymentBot;

  constructor(synapse: Synapse, directory: string) {
    this.synapse = synapse;
    this.directory = directory;
    this.people = new SynapsePeople(synapse);
    this.homeserver = new CountingHomeserver(synapse.baseUrl);
    this.bot = this.newBot();
  }

  get botUserId(): UserId {
    return this.userId('matrixrmapi-bot');
  }

  get tokenFile(): string {
    return join(this.directory, 'token');
  }

  userId(localpart: string): UserId {
    const userId = parseUserId(`@${localpart}:${this.synapse.serverName}`);
    if (userId === undefined) throw new Error(`${localpart} is no localpart.`);
    return userId;
  }

  /** A bot as of another start of the process. */
  newBot(secret: string = this.synapse.registrationSharedSecret): DeploymentBot {
    return new DeploymentBot(
      {
        userId: this.botUserId,
        homeserver: this.homeserver,
        tokenFile: this.tokenFile,
        readSecret: async () => await Promise.resolve(secret),
      },
      {
        clock: systemClock,
        randomHex: (bytes) => randomBytes(bytes).toString('hex'),
        onEvent: (event) => this.events.push(event),
      },
    );
  }

  /** A deployment file's value with what every one needs. */
  file(more: object): DesiredDeployment {
    const parsed = parseDeployment({
      homeserver: this.synapse.baseUrl,
      server_name: this.synapse.serverName,
      bot: { username: 'matrixrmapi-bot', token_file: this.tokenFile },
      ...more,
    });
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    return parsed.deployment;
  }

  deployment(more: object, bot: DeploymentBot = this.bot): Deployment {
    return new Deployment(this.file(more), {
      session: (signal) => bot.session(signal),
      takeWriter: () => ({ release: () => undefined }),
      clock: systemClock,
      onStep: (step) => this.taken.push(step),
    });
  }

  /** Applies; every step must have been taken. */
  async apply(more: object): Promise<AppliedDeployment> {
    return await this.deployment(more).apply(soon());
  }

  async plan(more: object): Promise<Plan> {
    return await this.deployment(more).plan(soon());
  }

  async session(): Promise<Session> {
    return await this.bot.session(soon());
  }

  /** A room's state as the bot may read it. */
  async view(roomId: RoomId | undefined): Promise<RoomView> {
    const view = roomId && (await readRoom(await this.session(), roomId, soon()));
    if (!view) throw new Error(`There is no room ${roomId}.`);
    return view;
  }

  async aliasLeadsTo(localpart: string): Promise<RoomId | undefined> {
    const alias = parseRoomAlias(`#${localpart}:${this.synapse.serverName}`);
    if (alias === undefined) throw new Error(`${localpart} is no alias.`);
    return (await resolveAlias(this.homeserver, alias, soon()))?.roomId;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.people[Symbol.asyncDispose]();
    await this.homeserver.close();
    await this.synapse.stop();
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** The id of a room that an apply has found or made. */
export function roomOf(applied: AppliedDeployment, key: string): RoomId {
  const roomId = applied.rooms.get(key);
  if (roomId === undefined) throw new Error(`There is no room ${key}.`);
  return roomId;
}

/** Starts one. Dispose of it. */
export async function openDeploymentStage(
  more: Readonly<Record<string, unknown>> = {},
  limits: 'open' | 'default' = 'open',
): Promise<DeploymentStage> {
  const synapse = await startSynapse({ limits, more });
  return new DeploymentStage(synapse, await mkdtemp(join(tmpdir(), 'bellhop-deployment-')));
}
