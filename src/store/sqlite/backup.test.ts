import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { entry, submission } from '../../outbox/outbox-harness.contract.ts';
import { openInlineStore } from './open-inline-store.ts';
import { runOnSmallDisk } from './small-disk.contract.ts';
import { openTempStore, type TempStore } from './temp-store.contract.ts';

let temp: TempStore;
beforeEach(async () => {
  temp = await openTempStore(openInlineStore);
});
afterEach(async () => await temp.close());

it('a copy for which there is no space names that, and leaves nothing of itself', async () => {
  const { store, dir, options } = temp;
  const content = 'x'.repeat(8_000);
  for (let n = 0; n < 50; n++) {
    await store.accept(submission(`n${n}`, { entries: [entry('!a', { content })] }));
  }
  const path = join(dir, 'copy.db');
  const before = readdirSync(dir);
  const told = await runOnSmallDisk(
    100,
    `import { backupDatabase } from ${JSON.stringify(new URL('backup.ts', import.meta.url).href)};
     const copied = backupDatabase(${JSON.stringify(options.file)}, ${JSON.stringify(path)});
     const { code, detail } = await copied.then(() => ({}), (failure) => failure);
     console.log(JSON.stringify({ code, detail }));`,
  );
  expect(told).toEqual({ code: 'cannot_create', detail: `There is no space left for ${path}.` });
  expect(readdirSync(dir)).toEqual(before);
});
