import type { NewEntry, Submission } from '../../outbox/outbox.ts';
import type { Call } from './run-batch.ts';

/**
 * Calls on their way to another thread. Submissions of one entry, which are nearly all, go as one flat list of texts and
 * numbers: to clone that costs a fraction of what cloning as many objects does. The rest is cloned as it is.
 */
export interface PackedCalls {
  /** Where in the batch each of the flat submissions stands. */
  readonly places: readonly number[];
  /** Their values, `valuesPerSubmission` for each. */
  readonly values: readonly Value[];
  readonly cloned: readonly (readonly [place: number, call: Call])[];
}

type Value = string | number | undefined;

const valuesPerSubmission = 15;

function flatten(values: Value[], submission: Submission, entry: NewEntry): void {
  const { id, source, origin, key, idempotency, createdAt } = submission;
  const { lane, txnId, type, content, lateAfterMs, expireAt } = entry;
  values.push(
    id,
    source,
    origin,
    key,
    idempotency?.key,
    idempotency?.digest,
    idempotency?.windowMs,
    createdAt,
    lane.account,
    lane.room,
    txnId,
    type,
    content,
    lateAfterMs,
    expireAt,
  );
}

/** The inverse of `flatten`; the types are those that went in. */
function unflatten(values: readonly Value[]): Submission {
  const [id, source, origin, key, idempotencyKey, digest, windowMs, createdAt, ...ofEntry] = values;
  const [account, room, txnId, type, content, lateAfterMs, expireAt] = ofEntry;
  const submission = {
    id,
    source,
    origin,
    key,
    idempotency:
      idempotencyKey === undefined ? undefined : { key: idempotencyKey, digest, windowMs },
    createdAt,
    entries: [{ lane: { account, room }, txnId, type, content, lateAfterMs, expireAt }],
  };
  return submission as unknown as Submission;
}

/** The only entry of a submission that can go flat. */
function flatEntry({ name, args }: Call): NewEntry | undefined {
  if (name !== 'accept') return undefined;
  const [entry, ...others] = (args[0] as Submission).entries;
  return others.length === 0 && entry?.attachment === undefined ? entry : undefined;
}

export function packCalls(calls: readonly Call[]): PackedCalls {
  const places: number[] = [];
  const values: Value[] = [];
  const cloned: [number, Call][] = [];
  for (const [place, call] of calls.entries()) {
    const entry = flatEntry(call);
    if (entry === undefined) {
      cloned.push([place, call]);
    } else {
      places.push(place);
      flatten(values, call.args[0] as Submission, entry);
    }
  }
  return { places, values, cloned };
}

/** The calls in the order in which they were packed. */
export function unpackCalls({ places, values, cloned }: PackedCalls): Call[] {
  const calls: Call[] = [];
  for (const [index, place] of places.entries()) {
    const from = index * valuesPerSubmission;
    const submission = unflatten(values.slice(from, from + valuesPerSubmission));
    calls[place] = { name: 'accept', args: [submission] };
  }
  for (const [place, call] of cloned) calls[place] = call;
  return calls;
}
