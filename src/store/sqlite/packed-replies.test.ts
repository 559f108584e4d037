import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ClaimedRow } from './claimed-row.ts';
import { packReplies, unpackReplies } from './packed-replies.ts';
import type { Call, Reply } from './run-batch.ts';

const failure = {
  code: 'bug',
  detail: undefined,
  retryAfterMs: undefined,
  cause: undefined,
} as const;

const orNull = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: null });
const bytes = fc.uint8Array({ maxLength: 20 }).map((array) => Buffer.from(array));
const row: fc.Arbitrary<ClaimedRow> = fc.tuple(
  fc.nat(),
  fc.nat(),
  fc.string(),
  fc.string(),
  fc.string(),
  fc.string(),
  bytes,
  orNull(bytes),
  orNull(fc.string()),
  orNull(fc.string()),
  fc.nat(),
  orNull(fc.nat()),
  orNull(fc.nat()),
  fc.nat(1),
  fc.nat(1),
  orNull(fc.nat()),
  orNull(fc.string()),
  orNull(fc.string()),
  fc.nat(2),
  orNull(fc.nat()),
);
const answered: fc.Arbitrary<readonly [Call['name'], Reply]> = fc.oneof(
  fc.nat().map((laneId) => ['accept', { value: { kind: 'accepted', laneIds: [laneId] } }] as const),
  fc
    .record({ seq: fc.integer({ min: 1 }), after: fc.nat() })
    .map((covered) => ['accept', { value: { kind: 'accepted', laneIds: [7], covered } }] as const),
  fc.array(row, { maxLength: 3 }).map((rows) => ['claim', { value: rows }] as const),
  fc.constantFrom<readonly [Call['name'], Reply]>(
    ['accept', { value: { kind: 'accepted', laneIds: [7, 8] } }],
    ['accept', { value: { kind: 'duplicate', id: 'n1', entries: 1 } }],
    ['accept', { failure }],
    ['claim', { failure }],
    ['recover', { value: 3 }],
    ['release', { value: undefined }],
  ),
);

it('replies come out of another thread as they went in, in their order', () => {
  fc.assert(
    fc.property(fc.array(answered), (all) => {
      const calls = all.map(([name]): Call => ({ name, args: [] }));
      const replies = all.map(([, reply]) => reply);
      const packed = packReplies(calls, replies);
      const crossed = structuredClone(packed, { transfer: [packed.contents.buffer] });
      expect(unpackReplies(crossed)).toEqual(replies);
    }),
  );
});
