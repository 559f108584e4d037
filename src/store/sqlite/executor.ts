import type { Arguments, OperationName, Result } from './operations.ts';

/** Runs operations on the database, in the order they are asked for. */
export interface Executor {
  /**
   * Resolves once what the operation wrote is fsynced.
   * @throws Failure; then it wrote nothing, or (after the loss of the database's thread) nobody knows.
   */
  run<Name extends OperationName>(name: Name, ...args: Arguments<Name>): Promise<Result<Name>>;
  /** How many transactions were committed so far. */
  readonly commits: number;
  /** How often all that was under way was lost, of which nobody knows whether it was written. */
  readonly losses: number;
  /**
   * Ends what was asked for before, and what is asked for until `last` settles, then closes the database. What the disk
   * does not end in 10 s is lost.
   */
  close(last?: Promise<void>): Promise<void>;
}
