import { type ClaimedRow, column } from './claimed-row.ts';
import { joinBytes } from './join-bytes.ts';
import type { AcceptReply } from './operations/accept.ts';
import type { Call, Reply } from './run-batch.ts';

/**
 * Replies on their way back, each with its place in the batch. Those to accepted submissions of one entry, which are
 * nearly all, go as one flat list of numbers; of claimed rows the contents go one behind the other as bytes that change
 * hands. The rest is cloned as it is.
 */
export interface PackedReplies {
  /** How many replies there are. */
  readonly count: number;
  /** The numbers of the accepted entries, `numbersPerAcceptance` for each. */
  readonly acceptances: Float64Array<ArrayBuffer>;
  readonly claims: readonly (readonly [place: number, rows: readonly PackedRow[]])[];
  /** The contents of the claimed rows. */
  readonly contents: Uint8Array<ArrayBuffer>;
  readonly cloned: readonly (readonly [place: number, reply: Reply])[];
}

/** The numbers of an accepted entry, the first being its reply's place in the batch; `seq` 0: no claim covers it. */
const number = { place: 0, laneId: 1, seq: 2, after: 3 } as const;
const numbersPerAcceptance = 4;

/** A row with lengths in place of its contents, and without the usual values at its end. */
type PackedRow = readonly (string | number | null)[];

const contentColumns = [column.accepted, column.final] as const;
/** Most rows are at their beginning, in clear, without limits in time: from this column on they have these values. */
const usualFrom = column.lateAfterMs;
const usualEnd: readonly (number | null)[] = [null, null, 0, 0, null, null, null, 0, null];

function packRow(row: ClaimedRow, contents: Uint8Array[]): PackedRow {
  const packed: (string | number | null)[] = [];
  for (const value of row as readonly (string | number | null | Uint8Array)[]) {
    if (value instanceof Uint8Array) {
      contents.push(value);
      packed.push(value.byteLength);
    } else {
      packed.push(value);
    }
  }
  while (packed.length > usualFrom && packed.at(-1) === usualEnd[packed.length - 1 - usualFrom]) {
    packed.pop();
  }
  return packed;
}

/** Adds the numbers of one accepted entry; false: it is not that. */
function packAcceptance(numbers: number[], place: number, reply: AcceptReply): boolean {
  if (reply.kind !== 'accepted') return false;
  const { laneIds, covered } = reply;
  const [laneId] = laneIds;
  if (laneId === undefined || laneIds.length > 1) return false;
  numbers.push(place, laneId, covered?.seq ?? 0, covered?.after ?? 0);
  return true;
}

export function packReplies(calls: readonly Call[], replies: readonly Reply[]): PackedReplies {
  const acceptances: number[] = [];
  const claims: [number, readonly PackedRow[]][] = [];
  const contents: Uint8Array[] = [];
  const cloned: [number, Reply][] = [];
  for (const [place, reply] of replies.entries()) {
    const name = calls[place]?.name;
    if (!('value' in reply)) {
      cloned.push([place, reply]);
    } else if (name === 'claim') {
      const rows = reply.value as ClaimedRow[];
      claims.push([place, rows.map((row) => packRow(row, contents))]);
    } else if (
      name !== 'accept' ||
      !packAcceptance(acceptances, place, reply.value as AcceptReply)
    ) {
      cloned.push([place, reply]);
    }
  }
  return {
    count: replies.length,
    acceptances: new Float64Array(acceptances),
    claims,
    contents: joinBytes(contents),
    cloned,
  };
}

/** The replies in the order of their calls. */
export function unpackReplies(packed: PackedReplies): Reply[] {
  const replies: Reply[] = new Array(packed.count);
  unpackAcceptances(packed, replies);
  unpackClaims(packed, replies);
  for (const [place, reply] of packed.cloned) replies[place] = reply;
  return replies;
}

function unpackAcceptances({ acceptances }: PackedReplies, replies: Reply[]): void {
  for (let at = 0; at < acceptances.length; at += numbersPerAcceptance) {
    const laneId = acceptances[at + number.laneId] ?? 0;
    const seq = acceptances[at + number.seq] ?? 0;
    const after = acceptances[at + number.after] ?? 0;
    const covered = seq === 0 ? undefined : { seq, after };
    const value: AcceptReply = { kind: 'accepted', laneIds: [laneId], covered };
    replies[acceptances[at + number.place] ?? 0] = { value };
  }
}

function unpackClaims({ claims, contents }: PackedReplies, replies: Reply[]): void {
  let at = 0;
  const take = (bytes: number): Buffer => {
    at += bytes;
    return Buffer.from(contents.buffer, contents.byteOffset + at - bytes, bytes);
  };
  const unpackRow = (packed: PackedRow): ClaimedRow => {
    const row: unknown[] = [...packed, ...usualEnd.slice(packed.length - usualFrom)];
    for (const place of contentColumns) {
      const bytes = row[place];
      if (typeof bytes === 'number') row[place] = take(bytes);
    }
    return row as unknown as ClaimedRow;
  };
  for (const [place, rows] of claims) replies[place] = { value: rows.map(unpackRow) };
}
