import { parseArgs } from 'node:util';
import { array, assert, constantFrom, oneof, property, string } from 'fast-check';
import { expect, it } from 'vitest';
import { readPlainWords } from './plain-words.ts';
import { sendOptionTypes } from './send-options.ts';

const words = (line: string) => readPlainWords(line.split(' '), sendOptionTypes);

it('options with their values and a text are plain', () => {
  expect(words('-c file --room ops --queue done')).toEqual({
    values: { config: 'file', room: 'ops', queue: true },
    positionals: ['done'],
  });
});

it.each([
  '--',
  '-',
  '-qn',
  '-rops',
  '--room=ops',
  '--room',
  '--room -x',
  '--mention @a:b',
  '--zzz',
])('%s is left to parseArgs', (line) => expect(words(line)).toBeUndefined());

it('what is plain means the same to parseArgs', () => {
  const names = Object.keys(sendOptionTypes);
  const word = oneof(
    constantFrom(...names.map((name) => `--${name}`), '-c', '-r', '-q', '-n', '-x', '--', '-', ''),
    constantFrom('--constructor', '--room=ops', '-qn', '-rops', '--queue=yes', 'ops'),
    string({ maxLength: 4 }),
  );
  assert(
    property(array(word, { maxLength: 6 }), (args) => {
      const plain = readPlainWords(args, sendOptionTypes);
      if (plain === undefined) return;
      const parsed = parseArgs({ args, options: sendOptionTypes, allowPositionals: true });
      expect(plain).toEqual({ values: { ...parsed.values }, positionals: parsed.positionals });
    }),
    { numRuns: 2_000 },
  );
});
