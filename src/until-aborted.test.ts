import { describe, expect, it } from 'vitest';
import { untilAborted } from './until-aborted.ts';

const late = (cause: unknown): Error => new Error('too late', { cause });
const never = (): Promise<never> => new Promise(() => undefined);

describe('work that is waited for', () => {
  it('gives its result, or its own error', async () => {
    const { signal } = new AbortController();
    expect(await untilAborted(Promise.resolve(1), signal, late)).toBe(1);
    const broken = untilAborted(Promise.reject(new Error('broken')), signal, late);
    await expect(broken).rejects.toThrow('broken');
  });

  it('is given up when the signal aborts, with its reason as the cause', async () => {
    const stop = new AbortController();
    const waiting = untilAborted(never(), stop.signal, late);
    stop.abort('enough');
    await expect(waiting).rejects.toMatchObject({ message: 'too late', cause: 'enough' });
  });

  it('is not waited for when the signal has aborted before', async () => {
    const waiting = untilAborted(never(), AbortSignal.abort('enough'), late);
    await expect(waiting).rejects.toMatchObject({ cause: 'enough' });
  });
});
