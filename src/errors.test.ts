import { expect, it } from 'vitest';
import { catalogue } from './errors.ts';

it('exit code 75 means that the message is on disk, and nothing else does', () => {
  const kept = Object.entries(catalogue).filter(([, { exit }]) => exit === 75);
  expect(kept.map(([code]) => code)).toEqual(['kept']);
});
