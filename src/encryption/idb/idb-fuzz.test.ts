import { expect, it } from 'vitest';
import { compareWithFake } from './compare-with-fake.contract.ts';

/** It takes about a second, and some on a busy machine; `test/encryption-fuzz/main.ts` goes on for as long as one likes. */
const timeoutMs = 60_000;

it(
  'is the IndexedDB that fake-indexeddb is, in whatever is done with it',
  async () => {
    await expect(compareWithFake({ scripts: 60, stepsMax: 16, seed: 1 })).resolves.toBeUndefined();
  },
  timeoutMs,
);
