import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeploymentRun } from '../../src/app/deployment/deployment-run.ts';
import { silentDeploymentEvents } from '../../src/app/deployment/silent-deployment-events.ts';
import { systemClock } from '../../src/clock.ts';
import { parseDeployment } from '../../src/deployment/file/parse-deployment.ts';
import { parsePeople } from '../../src/people/file/parse-people.ts';
import { MemoryPeopleLedger } from '../../src/people/ledger/memory-people-ledger.contract.ts';
import { type FakeHomeserver, startFakeHomeserver } from '../../src/testing/index.ts';

/** Letting a thousand people into ten rooms takes a minute at most. */
const roundMsMax = 300_000;

/** Requests, told apart by whether they could have changed something. */
export interface Calls {
  readonly reads: number;
  readonly writes: number;
}

/** A deployment of so many rooms, the space included, on a homeserver that counts. */
export class DeploymentHouse implements AsyncDisposable {
  readonly homeserver: FakeHomeserver;
  readonly #run: DeploymentRun;
  readonly #dir: string;

  private constructor(homeserver: FakeHomeserver, run: DeploymentRun, dir: string) {
    this.homeserver = homeserver;
    this.#run = run;
    this.#dir = dir;
  }

  static async open(roomCount: number): Promise<DeploymentHouse> {
    const homeserver = await startFakeHomeserver();
    const dir = mkdtempSync(join(tmpdir(), 'bellhop-bench-'));
    const keys = Array.from({ length: roomCount - 1 }, (_, n) => `room-${n}`);
    const parsed = parseDeployment({
      homeserver: homeserver.baseUrl,
      server_name: homeserver.serverName,
      bot: {
        username: 'bot',
        registration_secret: homeserver.registrationSharedSecret,
        token_file: join(dir, 'token'),
      },
      space: { alias: 'space' },
      rooms: Object.fromEntries(keys.map((key) => [key, { alias: key }])),
      roles: { member: { rooms: ['space', ...keys] }, admin: { rooms: ['space'], level: 100 } },
    });
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    const people = parsePeople(parsed.deployment);
    if (!people.ok) throw new Error(JSON.stringify(people.problems));
    const file = { desired: parsed.deployment, people: people.settings };
    const run = new DeploymentRun(file, {
      ledger: new MemoryPeopleLedger(),
      clock: systemClock,
      events: silentDeploymentEvents,
      // Each round looks at the rooms too.
      intervalMs: 0,
    });
    return new DeploymentHouse(homeserver, run, dir);
  }

  async say(kind: 'created' | 'promoted', name: string): Promise<void> {
    await this.#run.door.change({ kind, name, source: 'bench' });
  }

  /** One round, to its end, and what it asked of the homeserver. */
  async round(): Promise<Calls> {
    const { requests } = this.homeserver;
    requests.length = 0;
    await this.#run.round(AbortSignal.timeout(roundMsMax));
    const reads = requests.filter(({ method }) => method === 'GET').length;
    return { reads, writes: requests.length - reads };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#run.stop();
    await this.homeserver.stop();
    rmSync(this.#dir, { recursive: true, force: true });
  }
}
