import { type Failure, toFailure } from '../../errors.ts';
import { matrixFailure } from '../matrix-failure.ts';

/** What one check came to. */
export interface Finding {
  /** What was looked at: `config`, `account main`, `room ops`, … */
  readonly check: string;
  /** `warn`: works, but somebody should look. `fail`: does not work. */
  readonly state: 'ok' | 'warn' | 'fail';
  readonly detail: string;
  /** What to do about it; always there unless it is ok. */
  readonly remedy?: string | undefined;
  /** The exit code of a `fail`. */
  readonly exit?: number | undefined;
}

/** All is well. */
export function ok(check: string, detail: string): Finding {
  return { check, state: 'ok', detail };
}

/** It works, but somebody should look. */
export function warn(check: string, detail: string, remedy: string): Finding {
  return { check, state: 'warn', detail, remedy };
}

/** It does not work. @param exit - from the catalogue of failures */
export function fail(check: string, detail: string, remedy: string, exit: number): Finding {
  return { check, state: 'fail', detail, remedy, exit };
}

function wordsOf({ entry, detail, problems }: Failure): string {
  return [entry.sentence, detail, problems.join('; ')]
    .filter((text) => text !== undefined && text !== '')
    .join(' ');
}

/** A check that could not be made, or whose failing was thrown. */
export function failed(check: string, thrown: unknown): Finding {
  const failure = toFailure(matrixFailure(thrown));
  return fail(check, wordsOf(failure), failure.entry.remedy, failure.entry.exit);
}
