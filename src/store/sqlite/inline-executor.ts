import { Failure } from '../../errors.ts';
import type { Database } from './database.ts';
import type { Executor } from './executor.ts';
import type { Arguments, OperationName, Result } from './operations.ts';
import { failureOf } from './store-failure.ts';

/** Runs each operation at once in the calling thread, in a transaction of its own: for a process that does little. */
export class InlineExecutor implements Executor {
  readonly #database: Database;
  #isClosed = false;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The calling thread is never lost alone. */
  readonly losses = 0;

  get commits(): number {
    return this.#database.commits;
  }

  async run<Name extends OperationName>(
    name: Name,
    ...args: Arguments<Name>
  ): Promise<Result<Name>> {
    if (this.#isClosed) throw new Failure('shutting_down');
    const [reply] = this.#database.run([{ name, args }]);
    if (reply === undefined) throw new Error('a call was not answered');
    if ('failure' in reply) throw failureOf(reply.failure);
    return reply.value as Result<Name>;
  }

  async close(last?: Promise<void>): Promise<void> {
    await last;
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#database.close();
  }
}
