import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../clock.ts';
import { takeOwnership } from '../../store/owner-lock.ts';
import { ManualClock } from '../../testing/manual-clock.ts';
import { takeTurn } from './take-turn.ts';

const holder = { pid: 1, host: 'here', startedAt: 0, command: 'bellhop rmapi' };

function makeDirectory(): string {
  const dir = mkdtempSync(join(tmpdir(), 'bellhop-turn-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

const never = new AbortController().signal;

it('whoever comes second owns the directory as soon as the first has ended', async () => {
  const dir = makeDirectory();
  const first = takeOwnership(dir, holder);
  const waits: string[] = [];
  const turn = takeTurn(dir, holder, {
    clock: systemClock,
    signal: never,
    onWait: (detail) => {
      waits.push(detail);
      first.release();
    },
  });
  (await turn).release();
  expect(waits).toEqual([expect.stringContaining('process 1 on here')]);
});

it('gives up after 20 s', async () => {
  const dir = makeDirectory();
  const first = takeOwnership(dir, holder);
  onTestFinished(() => first.release());
  const clock = new ManualClock();
  const turn = takeTurn(dir, holder, { clock, signal: never, onWait: () => undefined });
  const outcome = turn.catch((error: unknown) => error);
  for (let look = 0; look < 80; look++) {
    clock.advance(250);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(await outcome).toMatchObject({ code: 'data_dir_owned' });
});

it('gives up at once when it is told to stop', async () => {
  const dir = makeDirectory();
  const first = takeOwnership(dir, holder);
  onTestFinished(() => first.release());
  const stop = new AbortController();
  const onWait = () => stop.abort();
  const turn = takeTurn(dir, holder, { clock: new ManualClock(), signal: stop.signal, onWait });
  await expect(turn).rejects.toMatchObject({ code: 'data_dir_owned' });
});
