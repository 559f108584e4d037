import { joinBytes } from './join-bytes.ts';
import type { AcceptReply } from './operations/accept.ts';
import type { ClaimedRow } from './operations/claim.ts';
import type { Call, Reply } from './run-batch.ts';

/** The lane of an accepted entry, and where it stands if the lane's claim covers it. */
type PackedAcceptance = number | readonly [laneId: number, seq: number, after: number];

/**
 * Replies on their way back. To an accepted submission of one entry, as nearly all are, it is its lane and place; of
 * claimed rows the contents go one behind the other as bytes that change hands. The rest is cloned as it is.
 */
export interface PackedReplies {
  readonly replies: readonly (PackedAcceptance | { readonly rows: readonly PackedRow[] } | Reply)[];
  readonly contents: Uint8Array<ArrayBuffer>;
}

/** A row with lengths in place of its contents, and without the usual values at its end. */
type PackedRow = readonly (string | number | null)[];

/** Where a row's contents stand. */
const contentPlaces: ReadonlySet<number> = new Set([6, 7]);
/** Most rows are at their beginning, in clear, without limits in time: from this place on they have these values. */
const usualFrom = 11;
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

/** Undefined: it is not one accepted entry. */
function packAcceptance(reply: AcceptReply): PackedAcceptance | undefined {
  if (reply.kind !== 'accepted') return undefined;
  const { laneIds, covered } = reply;
  const [laneId, ...others] = laneIds;
  if (laneId === undefined || others.length > 0) return undefined;
  return covered === undefined ? laneId : [laneId, covered.seq, covered.after];
}

function unpackAcceptance(packed: PackedAcceptance): AcceptReply {
  if (typeof packed === 'number') return { kind: 'accepted', laneIds: [packed] };
  const [laneId, seq, after] = packed;
  return { kind: 'accepted', laneIds: [laneId], covered: { seq, after } };
}

export function packReplies(calls: readonly Call[], replies: readonly Reply[]): PackedReplies {
  const contents: Uint8Array[] = [];
  const packed = replies.map((reply, index) => {
    if (!('value' in reply)) return reply;
    const name = calls[index]?.name;
    if (name === 'accept') {
      return packAcceptance(reply.value as AcceptReply) ?? reply;
    }
    if (name !== 'claim') return reply;
    return { rows: (reply.value as ClaimedRow[]).map((row) => packRow(row, contents)) };
  });
  return { replies: packed, contents: joinBytes(contents) };
}

/** The replies in the order of their calls. */
export function unpackReplies({ replies, contents }: PackedReplies): Reply[] {
  let at = 0;
  const take = (bytes: number): Buffer => {
    at += bytes;
    return Buffer.from(contents.buffer, contents.byteOffset + at - bytes, bytes);
  };
  const unpackRow = (packed: PackedRow): ClaimedRow => {
    const row: unknown[] = [...packed, ...usualEnd.slice(packed.length - usualFrom)];
    for (const place of contentPlaces) {
      const bytes = row[place];
      if (typeof bytes === 'number') row[place] = take(bytes);
    }
    return row as unknown as ClaimedRow;
  };
  return replies.map((reply) => {
    if (typeof reply === 'number' || 'length' in reply) return { value: unpackAcceptance(reply) };
    return 'rows' in reply ? { value: reply.rows.map(unpackRow) } : reply;
  });
}
