import { joinBytes } from './join-bytes.ts';
import type { StoredEntry, StoredSubmission } from './operations/accept.ts';
import type { Call } from './run-batch.ts';

/**
 * Calls on their way to another thread. Submissions of one entry, which are nearly all, go as one flat list of texts and
 * numbers, and their contents one behind the other as bytes that change hands: to clone as many objects costs several
 * times as much. The rest is cloned as it is.
 */
export interface PackedCalls {
  /** Where in the batch each of the flat submissions stands. */
  readonly places: readonly number[];
  /** Their values, `valuesPerSubmission` for each. */
  readonly values: readonly Value[];
  /** Their contents, whose lengths are among the values. */
  readonly contents: Uint8Array<ArrayBuffer>;
  readonly cloned: readonly (readonly [place: number, call: Call])[];
}

type Value = string | number | undefined;

const valuesPerSubmission = 15;
const contentPlace = 12;

function flatten(values: Value[], submission: StoredSubmission, entry: StoredEntry): void {
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
    content.byteLength,
    lateAfterMs,
    expireAt,
  );
}

/** The inverse of `flatten`; the types are those that went in. */
function unflatten(values: readonly Value[], content: Uint8Array): StoredSubmission {
  const [id, source, origin, key, idempotencyKey, digest, windowMs, createdAt, ...ofEntry] = values;
  const [account, room, txnId, type, , lateAfterMs, expireAt] = ofEntry;
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
  return submission as unknown as StoredSubmission;
}

/** The only entry of a submission that can go flat. */
function flatEntry({ name, args }: Call): StoredEntry | undefined {
  if (name !== 'accept') return undefined;
  const [entry, ...others] = (args[0] as StoredSubmission).entries;
  return others.length === 0 && entry?.attachment === undefined ? entry : undefined;
}

/** With contents in memory of their own: of a slice, all that it is a slice of would be cloned. */
function withOwnBytes(call: Call): Call {
  if (call.name === 'complete') {
    const [seq, content, ...rest] = call.args;
    return { ...call, args: [seq, new Uint8Array(content as Uint8Array), ...rest] };
  }
  if (call.name !== 'accept') return call;
  const submission = call.args[0] as StoredSubmission;
  const entries = submission.entries.map((entry) => ({
    ...entry,
    content: new Uint8Array(entry.content),
  }));
  return { ...call, args: [{ ...submission, entries }] };
}

/** What stays of the calls' own memory is theirs: only `contents` may change hands. */
export function packCalls(calls: readonly Call[]): PackedCalls {
  const places: number[] = [];
  const values: Value[] = [];
  const contents: Uint8Array[] = [];
  const cloned: [number, Call][] = [];
  for (const [place, call] of calls.entries()) {
    const entry = flatEntry(call);
    if (entry === undefined) {
      cloned.push([place, withOwnBytes(call)]);
    } else {
      places.push(place);
      flatten(values, call.args[0] as StoredSubmission, entry);
      contents.push(entry.content);
    }
  }
  return { places, values, contents: joinBytes(contents), cloned };
}

/** The calls in the order in which they were packed. */
export function unpackCalls({ places, values, contents, cloned }: PackedCalls): Call[] {
  const calls: Call[] = [];
  let at = 0;
  for (const [index, place] of places.entries()) {
    const from = index * valuesPerSubmission;
    const own = values.slice(from, from + valuesPerSubmission);
    const bytes = own[contentPlace] as number;
    calls[place] = { name: 'accept', args: [unflatten(own, contents.subarray(at, at + bytes))] };
    at += bytes;
  }
  for (const [place, call] of cloned) calls[place] = call;
  return calls;
}
