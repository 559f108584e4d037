import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { DeploymentRun } from '../../../../src/app/deployment/deployment-run.ts';
import { silentDeploymentEvents } from '../../../../src/app/deployment/silent-deployment-events.ts';
import { rmapiDeployment } from '../../../../src/app/rmapi/rmapi-deployment.ts';
import { rmapiSettings } from '../../../../src/config/rmapi-environment.ts';
import { manifestFallback } from '../../../../src/config/rmapi-manifest.ts';
import { textOf } from '../../../../src/matrix/json.ts';
import { MemoryPeopleLedger } from '../../../../src/people/ledger/memory-people-ledger.contract.ts';
import type { ChangeKind } from '../../../../src/people/lifecycle-change.ts';
import {
  type Exchange,
  type FakeHomeserver,
  startFakeHomeserver,
} from '../../../../src/testing/index.ts';
import { hastyClock } from './hasty-clock.ts';

/** A round of these few people takes some 100 ms; a busy machine may take many times that. */
const roundMsMax = 20_000;
/** A fault strikes once, so one round more than the one it broke would do. */
const roundsMax = 8;

const roomKeys = ['space', 'admin', 'general', 'helpdesk', 'offtopic'] as const;
export type RoomKey = (typeof roomKeys)[number];

/** The drop-in's rooms and people on a homeserver that misbehaves on demand; what is "on disk" outlives a run. */
export class RmapiStage implements AsyncDisposable {
  readonly homeserver: FakeHomeserver;
  readonly exchanges: Exchange[] = [];
  readonly #directory: string;
  readonly #ledger = new MemoryPeopleLedger();
  readonly #clock = hastyClock();
  readonly #env: Readonly<Record<string, string>>;
  run: DeploymentRun;

  private constructor(homeserver: FakeHomeserver, directory: string, env: object) {
    this.homeserver = homeserver;
    this.#directory = directory;
    this.#env = { ...env };
    homeserver.onExchange((exchange) => this.exchanges.push(exchange));
    this.run = this.#newRun();
  }

  /** @param roomVersion - the homeserver's default */
  static async open(roomVersion = '12', env: object = {}): Promise<RmapiStage> {
    const homeserver = await startFakeHomeserver({ roomVersion });
    return new RmapiStage(homeserver, await mkdtemp(join(tmpdir(), 'bellhop-rmapi-')), env);
  }

  get tokenFile(): string {
    return join(this.#directory, 'token');
  }

  get botUserId(): string {
    return `@matrixrmapi-bot:${this.homeserver.serverName}`;
  }

  /** Requests so far that could have changed something. */
  get writes(): number {
    return this.homeserver.requests.filter(({ method }) => method !== 'GET').length;
  }

  /** Ends the process of now, and begins another on what it left. */
  async restart(): Promise<void> {
    await this.run.stop();
    this.run = this.#newRun();
  }

  async say(kind: ChangeKind, name: string): Promise<void> {
    await this.run.door.change({ kind, name, source: 'rasenmaeher' });
  }

  /** Rounds until all is as it was asked for, or `death` aborts. @throws Error when it never is */
  async settle(death: AbortSignal = new AbortController().signal): Promise<void> {
    let last: unknown;
    for (let round = 0; round < roundsMax && !death.aborted; round++) {
      try {
        const signal = AbortSignal.any([death, AbortSignal.timeout(roundMsMax)]);
        const { people } = await this.run.round(signal);
        const { rooms } = this.run.report;
        const isSettled = people.pending === 0 && people.failed === 0 && rooms?.remaining === 0;
        if (isSettled) return;
        last = { people, rooms };
      } catch (error) {
        last = error;
      }
    }
    if (death.aborted) return;
    throw new Error(`It never settled: ${JSON.stringify(last)}`, { cause: last });
  }

  /** Another start and a look at everything write nothing. */
  async expectQuiet(): Promise<void> {
    await this.restart();
    const { writes } = this;
    await this.settle();
    await this.settle();
    expect(this.writes - writes).toBe(0);
  }

  /** A user of the homeserver, as after a first login. */
  arrive(name: string): string {
    return this.homeserver.createUser(name).userId;
  }

  async roomId(key: RoomKey): Promise<string> {
    const alias = encodeURIComponent(`#manifest_notfound-${key}:${this.homeserver.serverName}`);
    const answer = await this.#ask(`/_matrix/client/v3/directory/room/${alias}`);
    return (answer as { room_id: string }).room_id;
  }

  /** How many rooms the homeserver has. */
  async roomCount(): Promise<number> {
    const answer = await this.#ask('/_synapse/admin/v1/rooms');
    return (answer as { total_rooms: number }).total_rooms;
  }

  /** What a user is in each room: `join 100`, or nothing. */
  async placesOf(userId: string): Promise<Record<RoomKey, string>> {
    const places = { space: '', admin: '', general: '', helpdesk: '', offtopic: '' };
    for (const key of roomKeys) {
      const member = await this.state(key, 'm.room.member', userId);
      const levels = await this.state(key, 'm.room.power_levels');
      const level = (levels?.['users'] as Record<string, number> | undefined)?.[userId];
      places[key] = `${textOf(member?.['membership']) ?? ''} ${level ?? ''}`.trim();
    }
    return places;
  }

  async state(
    key: RoomKey,
    type: string,
    stateKey = '',
  ): Promise<Readonly<Record<string, unknown>> | undefined> {
    const roomId = (await this.roomId(key)) as Parameters<FakeHomeserver['state']>[0];
    return this.homeserver.state(roomId, type, stateKey);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.homeserver.clearFaults();
    await this.run.stop();
    await this.homeserver.stop();
    await rm(this.#directory, { recursive: true, force: true });
  }

  async #ask(path: string): Promise<unknown> {
    const token = (await readFile(this.tokenFile, 'utf8')).trim();
    const headers = { authorization: `Bearer ${token}` };
    const signal = AbortSignal.timeout(roundMsMax);
    const answer = await fetch(`${this.homeserver.baseUrl}${path}`, { headers, signal });
    return await answer.json();
  }

  #newRun(): DeploymentRun {
    const { baseUrl, serverName, registrationSharedSecret } = this.homeserver;
    const env = {
      SYNAPSE_URL: baseUrl,
      SYNAPSE_REGISTRATION_SECRET: registrationSharedSecret,
      SERVER_DOMAIN: serverName,
      SYNAPSE_TOKEN_FILE: this.tokenFile,
      ...this.#env,
    };
    return new DeploymentRun(rmapiDeployment(rmapiSettings(env, manifestFallback)), {
      ledger: this.#ledger,
      clock: this.#clock,
      events: silentDeploymentEvents,
      // Each round looks at the rooms too.
      intervalMs: 0,
    });
  }
}
