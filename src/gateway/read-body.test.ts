import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { BodyBudget, readBody } from './read-body.ts';

const bytesMax = 1024 * 1024;

/** A caller's body, which it sends when it likes. */
function begin(budget?: BodyBudget) {
  const stream = Object.assign(new PassThrough(), { headers: {} });
  const body = new Promise<Buffer | undefined>((resolve, reject) => {
    const done = (failure: Error | null, read?: Buffer) =>
      failure === null ? resolve(read) : reject(failure);
    readBody(stream as unknown as IncomingMessage, bytesMax, done, budget);
  });
  return { stream, body };
}

it('a body comes whole, however it was cut', async () => {
  const { stream, body } = begin();
  stream.write('disk ');
  stream.end('full');
  expect(String(await body)).toBe('disk full');
});

it('a body beyond the limit is refused when it has ended', async () => {
  const { stream, body } = begin();
  stream.write(Buffer.alloc(bytesMax));
  stream.end('x');
  await expect(body).rejects.toMatchObject({ code: 'body_too_large' });
});

it('bodies that are on their way have one budget, and who has sent gives back', async () => {
  const budget = new BodyBudget();
  const whole = Buffer.alloc(bytesMax);
  const slow = Array.from({ length: 64 }, () => begin(budget));
  for (const { stream } of slow) stream.write(whole);
  await new Promise((resolve) => setImmediate(resolve));
  const late = begin(budget);
  late.stream.end('one more');
  await expect(late.body).rejects.toMatchObject({ code: 'storage_busy' });
  for (const { stream } of slow) stream.end();
  await Promise.all(slow.map(({ body }) => body));
  const after = begin(budget);
  after.stream.end('one more');
  expect(String(await after.body)).toBe('one more');
});
