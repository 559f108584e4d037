import { serialize } from 'node:v8';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { StoredSubmission } from './operations/accept.ts';
import { packCalls, unpackCalls } from './packed-calls.ts';

const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });

const entry = fc.record({
  lane: fc.record({ account: fc.string(), room: fc.string() }),
  txnId: fc.string(),
  type: fc.string(),
  content: fc.uint8Array({ maxLength: 20 }),
  lateAfterMs: maybe(fc.nat()),
  expireAt: maybe(fc.nat()),
});
const submission: fc.Arbitrary<StoredSubmission> = fc.record({
  id: fc.string(),
  source: fc.string(),
  origin: maybe(fc.string()),
  key: maybe(fc.string()),
  idempotency: maybe(
    fc.record({ key: fc.string(), digest: fc.string(), windowMs: maybe(fc.nat()) }),
  ),
  createdAt: fc.nat(),
  entries: fc.array(entry, { minLength: 1, maxLength: 3 }),
});
const call = fc.oneof(
  fc
    .uint8Array({ maxLength: 20 })
    .map((content) => ({ name: 'complete' as const, args: [7, content, undefined] })),
  submission.map((one) => ({ name: 'accept' as const, args: [one] })),
  fc.nat().map((lane) => ({ name: 'release' as const, args: [lane, undefined] })),
);

it('calls come out of another thread as they went in, in their order', () => {
  fc.assert(
    fc.property(fc.array(call), (calls) => {
      const packed = packCalls(calls);
      const crossed = structuredClone(packed, { transfer: [packed.contents.buffer] });
      expect(unpackCalls(crossed)).toEqual(calls);
    }),
  );
});

it('a content takes no more along than its own bytes', () => {
  const content = Buffer.from('{"body":"x"}');
  expect(content.buffer.byteLength).toBeGreaterThan(1_000);
  const lane = { account: 'main', room: 'ops' };
  const entries = ['a', 'b'].map((txnId) => ({ lane, txnId, type: 'm.room.message', content }));
  const submission: StoredSubmission = { id: 'n1', source: 's', createdAt: 0, entries };
  const packed = packCalls([
    { name: 'complete', args: [1, content, undefined] },
    { name: 'accept', args: [submission] },
    { name: 'accept', args: [{ ...submission, entries: entries.slice(1) }] },
  ]);
  expect(serialize(packed).byteLength).toBeLessThan(1_000);
});
