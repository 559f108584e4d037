import { parseArgs } from 'node:util';
import { compareWithFake } from '../../src/encryption/idb/compare-with-fake.contract.ts';

/**
 * `node test/encryption-fuzz/main.ts [--scripts 1000] [--steps 40] [--seed N]`: plays random scripts on our IndexedDB and on
 * fake-indexeddb; exit code 0 when nothing differs. A script of 40 steps takes some 20 ms.
 */
const { values } = parseArgs({
  options: { scripts: { type: 'string' }, steps: { type: 'string' }, seed: { type: 'string' } },
});
const scripts = Number(values.scripts ?? 1_000);
await compareWithFake({
  scripts,
  stepsMax: Number(values.steps ?? 40),
  seed: values.seed === undefined ? undefined : Number(values.seed),
});
console.log(`${scripts} scripts, and nothing differs.`);
