import { HistoryVisibility } from '@matrix-org/matrix-sdk-crypto-wasm';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readersOf, rotationOf, settingsOf } from './room-settings.ts';

const algorithm = 'm.megolm.v1.aes-sha2';

it('a room that says nothing gets what the specification advises', () => {
  expect(rotationOf(JSON.stringify({ algorithm }))).toEqual({
    periodMs: 7 * 86_400_000,
    messages: 100,
  });
});

it('milliseconds of the room are microseconds of the engine', () => {
  const encryption = JSON.stringify({
    algorithm,
    rotation_period_ms: 86_400_000,
    rotation_period_msgs: 7,
  });
  const settings = settingsOf({ encryption, historyVisibility: 'invited' }, 'all-devices');
  expect(settings.rotationPeriod).toBe(86_400_000_000n);
  expect(settings.rotationPeriodMessages).toBe(7n);
  expect(settings.historyVisibility).toBe(HistoryVisibility.Invited);
});

it('whatever a room asks for ends within what is sane', () => {
  fc.assert(
    fc.property(fc.anything(), fc.anything(), (periodMs, messages) => {
      const rotation = rotationOf(
        stringify({ algorithm, rotation_period_ms: periodMs, rotation_period_msgs: messages }),
      );
      if (rotation === undefined) throw new Error('It is Megolm.');
      expect(Number.isSafeInteger(rotation.periodMs)).toBe(true);
      expect(rotation.periodMs).toBeGreaterThanOrEqual(3_600_000);
      expect(rotation.periodMs).toBeLessThanOrEqual(365 * 86_400_000);
      expect(Number.isSafeInteger(rotation.messages)).toBe(true);
      expect(rotation.messages).toBeGreaterThanOrEqual(1);
      expect(rotation.messages).toBeLessThanOrEqual(10_000);
    }),
  );
});

it.each(['', '{}', '[]', 'null', '{"algorithm":"m.mls"}', '{"algorithm":1}'])(
  '%j is no encryption that is known',
  (encryption) => {
    expect(rotationOf(encryption)).toBeUndefined();
    expect(() => settingsOf({ encryption, historyVisibility: 'shared' }, 'all-devices')).toThrow(
      'only one that Bellhop knows',
    );
  },
);

it('only where members alone may read the past, the invited get no key', () => {
  const facts = { encryption: '{}', joined: ['@a:x'], invited: ['@b:x'] };
  expect(readersOf({ ...facts, historyVisibility: 'joined' })).toEqual(['@a:x']);
  for (const historyVisibility of ['invited', 'shared', 'world_readable'] as const) {
    expect(readersOf({ ...facts, historyVisibility })).toEqual(['@a:x', '@b:x']);
  }
});

/** Any value as it could stand in an event; what JSON cannot say is left out. */
function stringify(value: object): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'bigint' ? String(part) : part,
  );
}
