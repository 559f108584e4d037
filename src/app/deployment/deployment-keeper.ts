import { isDeepStrictEqual } from 'node:util';
import { Failure } from '../../errors.ts';
import { declarePeople } from '../../people/file/declare-people.ts';
import type { PeopleDoor } from '../../people/people-door.ts';
import { type DeploymentReport, DeploymentRun, type DeploymentRunDeps } from './deployment-run.ts';
import type { DeploymentFile } from './read-deployment-file.ts';

/** Keeps the deployment of the moment; there may be none. */
export class DeploymentKeeper {
  readonly #deps: DeploymentRunDeps;
  #run: DeploymentRun | undefined;
  #isClosed = false;

  constructor(deps: DeploymentRunDeps) {
    this.#deps = deps;
  }

  /** Undefined: there is no deployment to have people. */
  get people(): PeopleDoor | undefined {
    return this.#run?.door;
  }

  /** Undefined: there is no deployment. */
  get report(): DeploymentReport | undefined {
    return this.#run?.report;
  }

  /** Begins a round soon. */
  wake(): void {
    this.#run?.wake();
  }

  /**
   * Looks after what this file says from now on, in the background; undefined: after nothing. If it rejects, nothing has
   * changed, in the ledger neither. One call at a time.
   * @throws Failure deployment_invalid, storage_full, storage_failed, storage_busy, people_full; shutting_down once closed
   */
  async use(file: DeploymentFile | undefined): Promise<void> {
    // Nobody would end what begins now.
    if (this.#isClosed) throw new Failure('shutting_down');
    const previous = this.#run;
    if (isDeepStrictEqual(previous?.file, file)) {
      this.wake();
      return;
    }
    const next = file === undefined ? undefined : await this.#prepare(file);
    await previous?.stop();
    this.#run = next;
    next?.start();
  }

  /** Looks after nothing any more. No `use` may be under way. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#run?.stop();
    this.#run = undefined;
  }

  async #prepare(file: DeploymentFile): Promise<DeploymentRun> {
    const { ledger, clock, events } = this.#deps;
    const run = new DeploymentRun(file, this.#deps);
    try {
      const { created, revoked, leftAlone } = await declarePeople(file.people.declared, {
        ledger,
        clock,
      });
      events.declared({
        created: created.length,
        revoked: revoked.length,
        leftAlone: leftAlone.length,
      });
      return run;
    } catch (error) {
      await run.stop();
      throw error;
    }
  }
}
