import { Failure } from '../../errors.ts';
import type { Connection } from './connection.ts';
import { type OperationName, operations, reads } from './operations.ts';
import { type FailureRecord, isDiskFull, recordFailure } from './store-failure.ts';

/** One operation that somebody waits for. */
export interface Call {
  readonly name: OperationName;
  readonly args: readonly unknown[];
}

/** What became of a call; a `failure` means that it wrote nothing. */
export type Reply = { readonly value: unknown } | { readonly failure: FailureRecord };

type AnyOperation = (connection: Connection, ...args: readonly unknown[]) => unknown;

/**
 * Runs calls in order within one transaction, so that all they write costs one fsync; it is done when this returns. A
 * call that fails does not fail its neighbours: they are run again, each by itself. On a full disk all that write fail.
 */
export function runBatch(connection: Connection, calls: readonly Call[]): Reply[] {
  try {
    return runTogether(connection, calls);
  } catch (thrown) {
    connection.rollback();
    const failure = recordFailure(thrown);
    if (isDiskFull(thrown)) connection.diskWasFull = true;
    const [only, ...others] = calls;
    if (only !== undefined && others.length === 0) return [{ failure }];
    if (!isDiskFull(thrown)) return calls.flatMap((call) => runBatch(connection, [call]));
    return calls.flatMap((call) =>
      reads.has(call.name) ? runBatch(connection, [call]) : [{ failure }],
    );
  }
}

function runTogether(connection: Connection, calls: readonly Call[]): Reply[] {
  const writes = calls.some(({ name }) => !reads.has(name));
  if (writes) connection.begin();
  const replies = calls.map((call) => runCall(connection, call));
  if (writes) connection.commit();
  return replies;
}

function runCall(connection: Connection, { name, args }: Call): Reply {
  try {
    return { value: (operations[name] as AnyOperation)(connection, ...args) };
  } catch (thrown) {
    // An operation throws a Failure before it writes anything, so the others need not be undone.
    if (thrown instanceof Failure) return { failure: recordFailure(thrown) };
    throw thrown;
  }
}
