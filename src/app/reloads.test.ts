import { expect, it, vi } from 'vitest';
import { Reloads } from './reloads.ts';

/** Reloads whose steps are told as they begin, and go on when the test says so. */
function open() {
  const told: string[] = [];
  const reading = Promise.withResolvers<string>();
  const changing = Promise.withResolvers<void>();
  const reloads = new Reloads<string>({
    read: async () => {
      told.push('read');
      return await reading.promise;
    },
    change: async (wanted) => {
      told.push(`change ${wanted}`);
      await changing.promise;
      told.push('changed');
    },
    refused: (error) => told.push(`refused: ${(error as Error).message}`),
  });
  return { told, reading, changing, reloads };
}

it('a reload that still reads at the end is not waited for, and changes nothing', async () => {
  const { told, reading, reloads } = open();
  const reload = reloads.run();
  await vi.waitFor(() => expect(told).toEqual(['read']));
  await reloads.end();
  reading.resolve('too late');
  await reload;
  await reloads.run();
  expect(told).toEqual(['read']);
});

it('the end waits for a reload that changes something', async () => {
  const { told, reading, changing, reloads } = open();
  reading.resolve('it');
  const reload = reloads.run();
  await vi.waitFor(() => expect(told).toEqual(['read', 'change it']));
  const ended = reloads.end().then(() => told.push('ended'));
  changing.resolve();
  await Promise.all([ended, reload]);
  expect(told).toEqual(['read', 'change it', 'changed', 'ended']);
});

it('a reload begins when the one before it is over', async () => {
  const { told, reading, changing, reloads } = open();
  reading.resolve('it');
  const both = Promise.all([reloads.run(), reloads.run()]);
  changing.resolve();
  await both;
  expect(told).toEqual(['read', 'change it', 'changed', 'read', 'change it', 'changed']);
});

it('one that fails is told, and holds up neither the next nor the end', async () => {
  const { told, reading, changing, reloads } = open();
  reading.resolve('it');
  changing.reject(new Error('full'));
  await reloads.run();
  await reloads.run();
  await reloads.end();
  const one = ['read', 'change it', 'refused: full'];
  expect(told).toEqual([...one, ...one]);
});
