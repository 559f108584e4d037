import { Failure } from '../../errors.ts';
import type { Connection } from './connection.ts';
import { type OperationName, operations, reads } from './operations.ts';
import { type FailureRecord, isBusy, isDiskFull, recordFailure } from './store-failure.ts';

/** One operation that somebody waits for. */
export interface Call {
  readonly name: OperationName;
  readonly args: readonly unknown[];
}

/** What became of a call; a `failure` means that it wrote nothing. */
export type Reply = { readonly value: unknown } | { readonly failure: FailureRecord };

/** What became of a transaction. */
type Ending =
  | { readonly replies: Reply[] }
  /** `isDatabases`: no call is to blame, but a lock that another process holds, or a full disk. */
  | { readonly failure: FailureRecord; readonly isDatabases: boolean };

type AnyOperation = (connection: Connection, ...args: readonly unknown[]) => unknown;

const isRead = ({ name }: Call): boolean => reads.has(name);

/**
 * Runs calls in order within one transaction, so that all they write costs one fsync; it is done when this returns. A
 * call that fails does not fail its neighbours: they are run again, each by itself. What fails the database fails all
 * that write at once: to wait for a lock takes seconds, which must not be spent on each.
 */
export function runBatch(connection: Connection, calls: readonly Call[]): Reply[] {
  const ending = runTogether(connection, calls);
  if ('replies' in ending) return ending.replies;
  const [only, ...others] = calls;
  if (only !== undefined && others.length === 0) return [{ failure: ending.failure }];
  return runApart(connection, calls, ending.isDatabases ? ending.failure : undefined);
}

/** `writesFail`: why nothing can be written, if that is known already. */
function runApart(
  connection: Connection,
  calls: readonly Call[],
  writesFail: FailureRecord | undefined,
): Reply[] {
  const failing = { reads: undefined as FailureRecord | undefined, writes: writesFail };
  return calls.map((call) => {
    const kind = isRead(call) ? 'reads' : 'writes';
    const known = failing[kind];
    if (known !== undefined) return { failure: known };
    const ending = runTogether(connection, [call]);
    if ('replies' in ending) return ending.replies[0] ?? unanswered();
    if (ending.isDatabases) failing[kind] = ending.failure;
    return { failure: ending.failure };
  });
}

function unanswered(): never {
  throw new Error('a call was not answered');
}

function runTogether(connection: Connection, calls: readonly Call[]): Ending {
  const writes = !calls.every(isRead);
  let hasBegun = false;
  try {
    if (writes) connection.begin();
    hasBegun = true;
    const replies = calls.map((call) => runCall(connection, call));
    if (writes) connection.commit();
    return { replies };
  } catch (thrown) {
    connection.rollback();
    const isFull = isDiskFull(thrown);
    if (isFull) connection.diskWasFull = true;
    return {
      failure: recordFailure(thrown),
      isDatabases: !hasBegun || isFull || isBusy(thrown),
    };
  }
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
