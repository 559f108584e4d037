import type { Submission } from '../../outbox/outbox.ts';
import type { Call } from './run-batch.ts';

/**
 * Calls on their way to another thread. The many small submissions and completions of a busy time go as one JSON text,
 * which costs the sender a fraction of what a structured clone of so many objects does; the rest is cloned.
 */
export interface PackedCalls {
  /** JSON of `[place in the batch, call][]`. */
  readonly text: string;
  readonly cloned: readonly (readonly [place: number, call: Call])[];
}

/** JSON has neither bytes nor `undefined` in lists; only calls without both may go as text. */
function fitsText({ name, args }: Call): boolean {
  if (name === 'settle') return true;
  if (name !== 'accept') return false;
  const { entries } = args[0] as Submission;
  return entries.every(({ attachment }) => attachment === undefined);
}

export function packCalls(calls: readonly Call[]): PackedCalls {
  const texts: string[] = [];
  const cloned: [number, Call][] = [];
  for (const [place, call] of calls.entries()) {
    if (fitsText(call)) texts.push(`[${place},${JSON.stringify(call)}]`);
    else cloned.push([place, call]);
  }
  return { text: `[${texts.join(',')}]`, cloned };
}

/** The calls in the order in which they were packed. */
export function unpackCalls({ text, cloned }: PackedCalls): Call[] {
  const calls: Call[] = [];
  for (const [place, call] of JSON.parse(text) as [number, Call][]) calls[place] = call;
  for (const [place, call] of cloned) calls[place] = call;
  return calls;
}
