import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Failure } from '../../errors.ts';
import { followRoom } from './follow-room.ts';
import { readSync } from './sync-answer.ts';

it('what is missing counts as nothing', () => {
  expect(readSync('{"next_batch":"s1"}')).toEqual({
    token: 's1',
    toDevice: '[]',
    changed: [],
    left: [],
    keyCounts: new Map(),
    unusedFallbackKeys: undefined,
    rooms: [],
  });
});

it('no fallback keys and unknown fallback keys are two things', () => {
  const { unusedFallbackKeys } = readSync(
    '{"next_batch":"s","device_unused_fallback_key_types":[]}',
  );
  expect(unusedFallbackKeys).toEqual(new Set());
});

it.each(['', '<html>', '[]', 'null', '{}', '{"next_batch":7}', '{"next_batch":""}'])(
  '%j is refused as no answer to a sync',
  (body) => {
    expect(() => readSync(body)).toThrow(Failure);
  },
);

it('malformed parts do no harm', () => {
  const part = fc.jsonValue();
  const sync = fc.record({
    to_device: part,
    device_lists: fc.oneof(part, fc.record({ changed: part, left: part })),
    device_one_time_keys_count: fc.oneof(part, fc.dictionary(fc.string(), part)),
    device_unused_fallback_key_types: part,
    rooms: fc.oneof(part, fc.record({ join: fc.dictionary(fc.string(), part), leave: part })),
  });
  fc.assert(
    fc.property(sync, (content) => {
      const answer = readSync(JSON.stringify({ ...content, next_batch: 's' }));
      expect(Array.isArray(JSON.parse(answer.toDevice))).toBe(true);
      for (const text of [...answer.changed, ...answer.left]) expect(text).toBeTypeOf('string');
      for (const count of answer.keyCounts.values()) expect(count).toBeGreaterThanOrEqual(0);
    }),
  );
});

it('what is nested too deeply to be written holds nothing else up', () => {
  const depth = 50_000;
  const deep = `{"algorithm":"m.megolm.v1.aes-sha2","x":${'['.repeat(depth)}${']'.repeat(depth)}}`;
  const message = `{"type":"m.dummy","sender":"@eve:example.org","content":${deep}}`;
  const other = '{"type":"m.dummy","sender":"@a:example.org","content":{}}';
  const state = `{"type":"m.room.encryption","state_key":"","content":${deep}}`;
  const join = `{"!room:example.org":{"timeline":{"events":[${state}]}}}`;
  const toDevice = `{"events":[${message},${other}]}`;
  const answer = readSync(`{"next_batch":"s","to_device":${toDevice},"rooms":{"join":${join}}}`);
  expect(answer.toDevice).toBe(`[${other}]`);
  const before = { encryption: '{"algorithm":"m.megolm.v1.aes-sha2"}' };
  const { setting } = followRoom(
    { ...before, historyVisibility: 'shared' },
    answer.rooms[0]?.events ?? [],
  );
  expect(setting).toMatchObject(before);
});
