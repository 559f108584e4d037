import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { CliContext } from '../context.ts';
import { runProgram } from '../run.ts';
import { testContext } from '../test-context.contract.ts';

/** The homeserver is away for two seconds, and waited for with growing pauses; the demo itself ends within 20 s. */
const demoMsMax = 20_000;

/** The directory that the demo says it keeps everything in. */
function directoryOf(out: string): string {
  const [, path = ''] = /is in (\S+) until/.exec(out) ?? [];
  expect(path).not.toBe('');
  return path;
}

function signals() {
  const listeners = new Map<string, () => void>();
  const onSignal: CliContext['onSignal'] = (name, listener) => {
    listeners.set(name, listener);
    return () => listeners.delete(name);
  };
  return { onSignal, send: (name: string): void => listeners.get(name)?.() };
}

describe('bellhop demo', () => {
  it(
    'shows every message arrive exactly once through an outage, stays on demand, and leaves nothing behind',
    async () => {
      const { onSignal, send } = signals();
      const invitation = Promise.withResolvers<string>();
      const arrival = Promise.withResolvers<void>();
      let out = '';
      const stdout = {
        write(text: string) {
          out += text;
          if (out.includes('| hello from me')) arrival.resolve();
        },
      };
      const stderr = { write: (text: string) => invitation.resolve(text) };
      const context = testContext({ onSignal, stdout, stderr });
      const ended = runProgram(['demo', '--stay'], context);
      const curl = /-H "Authorization: (.*?)" -d "(.*?)" (\S+)/.exec(await invitation.promise);
      const [, authorization = '', body = '', url = ''] = curl ?? [];
      const headers = { authorization, connection: 'close' };
      const answer = await fetch(url, { method: 'POST', headers, body });
      expect(answer.status).toBe(200);
      await arrival.promise;
      send('SIGINT');
      await ended;
      expect(out).toContain('The homeserver goes away');
      expect(out.match(/^ {2}01\S+ +queued +(ops|network) /gm)).toHaveLength(4);
      expect(out.match(/^ {2}01\S+ +\w+ +\w+ +delivered +\d+ +once$/gm)).toHaveLength(7);
      expect(out).toMatch(/^7 accepted, 7 delivered, each exactly once and in order: lost 0/m);
      expect(context.exitCode()).toBe(0);
      expect(existsSync(directoryOf(out))).toBe(false);
    },
    demoMsMax,
  );

  it('ends at a signal in the middle, and leaves nothing behind', async () => {
    const { onSignal, send } = signals();
    let out = '';
    const stdout = {
      write(text: string) {
        out += text;
        if (text.startsWith('The homeserver goes away')) send('SIGTERM');
      },
    };
    const context = testContext({ onSignal, stdout });
    await runProgram(['demo'], context);
    expect([context.exitCode(), context.err()]).toEqual([143, '']);
    expect(existsSync(directoryOf(out))).toBe(false);
  });
});
