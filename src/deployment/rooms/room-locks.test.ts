import { expect, it } from 'vitest';
import { RoomLocks } from './room-locks.ts';

it('work on one room is done one after the other, and a failure holds up nobody', async () => {
  const locks = new RoomLocks();
  const order: string[] = [];
  const gate = Promise.withResolvers<undefined>();
  const first = locks.run('a', async () => {
    await gate.promise;
    order.push('first');
    throw new Error('broken');
  });
  const second = locks.run('a', async () => await Promise.resolve(order.push('second')));
  const other = locks.run('b', async () => await Promise.resolve(order.push('other')));
  await other;
  gate.resolve(undefined);
  await expect(first).rejects.toThrow('broken');
  await second;
  expect(order).toEqual(['other', 'first', 'second']);
});
