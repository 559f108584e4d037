import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CliContext } from '../context.ts';
import { type House, openHouse, type Ran } from './house.contract.ts';
import { readableLine } from './serve/readable-log.ts';

interface Served {
  /** Where it listens, `http://127.0.0.1:port`. */
  readonly url: string;
  signal(name: 'SIGINT' | 'SIGTERM' | 'SIGHUP'): void;
  /** Whether a signal does not do what it does by default. */
  hears(name: 'SIGHUP'): boolean;
  /** Whether there is a log line of an event that was not awaited. */
  logged(name: string): boolean;
  /** Resolves with the log line of an event, the next one that was not awaited yet. */
  event(name: string): Promise<Record<string, unknown>>;
  readonly ended: Promise<Ran>;
}

/** Log lines of a command as they come, each event to whoever waits for it. */
function logLines() {
  const lines: Record<string, unknown>[] = [];
  let changed = Promise.withResolvers<void>();
  const write = (text: string): void => {
    lines.push(JSON.parse(text) as Record<string, unknown>);
    changed.resolve();
  };
  const event = async (name: string): Promise<Record<string, unknown>> => {
    for (;;) {
      const place = lines.findIndex(({ msg }) => msg === name);
      const [line] = place === -1 ? [] : lines.splice(place, 1);
      if (line !== undefined) return line;
      changed = Promise.withResolvers();
      await changed.promise;
    }
  };
  const logged = (name: string): boolean => lines.some(({ msg }) => msg === name);
  return { write, event, logged };
}

async function serve(house: House): Promise<Served> {
  const listeners = new Map<string, () => void>();
  const onSignal: CliContext['onSignal'] = (name, listener) => {
    listeners.set(name, listener);
    return () => listeners.delete(name);
  };
  const { write, event, logged } = logLines();
  const ended = house.run(['serve'], { onSignal, stderr: { write } });
  const { address } = await event('listening');
  await event('configuration_loaded');
  const signal = (name: string): void => listeners.get(name)?.();
  const hears = (name: string): boolean => listeners.has(name);
  return { url: `http://${String(address)}`, signal, hears, logged, event, ended };
}

async function post(url: string, body: string): Promise<Response> {
  const headers = { authorization: 'Bearer scripts-token-of-tests', connection: 'close' };
  return await fetch(`${url}/hooks/scripts`, { method: 'POST', headers, body });
}

/** A daemon that has a request under way, which will not be answered. */
async function serveStalled(house: House): Promise<Served> {
  const stalled = Promise.withResolvers<void>();
  const isSend = ({ operation }: { readonly operation: string }): boolean => {
    if (operation === 'sendMessage') stalled.resolve();
    return operation === 'sendMessage';
  };
  house.homeserver.fault(isSend, { kind: 'stall' });
  const served = await serve(house);
  await post(served.url, 'disk full');
  await stalled.promise;
  return served;
}

describe('bellhop serve', () => {
  it('accepts and delivers until SIGTERM, and ends with 0', async () => {
    const house = await openHouse();
    const served = await serve(house);
    expect((await post(served.url, 'disk full')).status).toBe(200);
    await house.homeserver.whenMessages(house.roomId, 1);
    served.signal('SIGTERM');
    expect(await served.event('stopping')).toMatchObject({ signal: 'SIGTERM', level: 'info' });
    expect(await served.ended).toMatchObject({ out: '', exit: 0 });
    expect(existsSync(join(house.dataDir, 'owner.json'))).toBe(false);
  });

  it('starts and accepts while the homeserver is away; an operator sees it and wakes it', async () => {
    const house = await openHouse();
    await house.homeserver.goAway();
    const served = await serve(house);
    expect((await post(served.url, 'disk full')).status).toBe(200);
    await served.event('lane_waits');
    const { out } = await house.run(['outbox', 'list', '--state', 'queued']);
    expect(out).toContain('ECONNREFUSED');
    await house.homeserver.comeBack();
    expect(await house.run(['outbox', 'wake'])).toEqual({ out: 'woken\n', err: '', exit: 0 });
    await house.homeserver.whenMessages(house.roomId, 1);
    const id = /^01\S+/m.exec(out)?.[0] ?? '';
    const one = await house.run(['outbox', 'wake', id, '--json']);
    expect(one).toMatchObject({ out: '{"woken":true}\n', exit: 0 });
    const none = await house.run(['outbox', 'wake', '01J00000000000000000000000']);
    expect(none).toMatchObject({ exit: 65, err: expect.stringContaining('No notification') });
    served.signal('SIGINT');
    expect(await served.ended).toMatchObject({ exit: 0 });
  });

  it('reads the configuration again at SIGHUP, and keeps the old one if the new one has mistakes', async () => {
    const house = await openHouse();
    const served = await serve(house);
    writeFileSync(join(house.dir, 'bellhop.yaml'), 'rooms: 7');
    served.signal('SIGHUP');
    expect(await served.event('configuration_refused')).toMatchObject({
      level: 'error',
      problems: expect.arrayContaining([expect.stringMatching(/^.+: /)]),
    });
    house.configure({ sources: {} });
    served.signal('SIGHUP');
    await served.event('configuration_loaded');
    expect((await post(served.url, 'disk full')).status).toBe(401);
    served.signal('SIGTERM');
    await served.ended;
  });

  it.each([
    ['gone', (path: string) => rmSync(path), /bellhop\.yaml cannot be read/],
    ['empty', (path: string) => writeFileSync(path, ''), /neither accounts nor sources/],
  ])('serves on when its configuration is %s', async (_, spoil, why) => {
    const house = await openHouse();
    const served = await serve(house);
    spoil(join(house.dir, 'bellhop.yaml'));
    served.signal('SIGHUP');
    const refused = await served.event('configuration_refused');
    expect(JSON.stringify(refused)).toMatch(why);
    expect((await post(served.url, 'disk full')).status).toBe(200);
    served.signal('SIGTERM');
    await served.ended;
  });

  it('logs as much as the new configuration says', async () => {
    const house = await openHouse();
    const served = await serve(house);
    house.configure({ log_level: 'debug' });
    served.signal('SIGHUP');
    await served.event('configuration_loaded');
    await post(served.url, 'disk full');
    expect(await served.event('attempt')).toMatchObject({ level: 'debug' });
    served.signal('SIGTERM');
    await served.ended;
  });

  it('goes on ending when a SIGHUP comes meanwhile', async () => {
    const house = await openHouse();
    const served = await serveStalled(house);
    served.signal('SIGTERM');
    await served.event('gateway_drained');
    expect(served.hears('SIGHUP')).toBe(true);
    house.configure({ sources: {} });
    served.signal('SIGHUP');
    served.signal('SIGINT');
    await served.ended;
    expect(served.logged('configuration_loaded')).toBe(false);
    expect(served.hears('SIGHUP')).toBe(false);
  });

  it('cuts at a second signal', async () => {
    const house = await openHouse();
    const served = await serveStalled(house);
    served.signal('SIGTERM');
    await served.event('gateway_drained');
    served.signal('SIGINT');
    expect(await served.ended).toMatchObject({ exit: 130 });
  });

  it('says who owns the data directory, and ends with 73', async () => {
    const house = await openHouse();
    const served = await serve(house);
    const second = await house.run(['serve']);
    expect(second).toMatchObject({ exit: 73, out: '' });
    expect(second.err).toContain(`\`bellhop serve\`, process ${process.pid}`);
    served.signal('SIGTERM');
    await served.ended;
  });

  it.each([
    ['rooms: 7', /rooms/],
    [
      'accounts: { main: { user_id: "@a:b", password_file: ./none } }\noperators: { a: { token_file: ./none } }',
      /token_file: .*none cannot be read/,
    ],
  ])('ends with 78 when the configuration cannot be used: %s', async (text, words) => {
    const house = await openHouse();
    writeFileSync(join(house.dir, 'bellhop.yaml'), text);
    const ran = await house.run(['serve']);
    expect(ran).toMatchObject({ exit: 78, err: expect.stringMatching(words) });
  });

  it('does not start without any configuration', async () => {
    const house = await openHouse();
    const ran = await house.run(['serve'], { cwd: '/nowhere' });
    expect(ran).toMatchObject({ exit: 78, err: expect.stringContaining('no bellhop.yaml') });
  });
});

it('a log line for people holds time, level, event and fields', () => {
  const line = JSON.stringify({
    level: 'warn',
    time: '2026-06-23T11:53:14.318Z',
    msg: 'lane_waits',
    room: '#ops:b',
    error: 'not "in" it',
    ageMs: 12,
    err: { name: 'Error', message: 'a b', stack: 'x', cause: { message: 'c' } },
  });
  expect(readableLine(`${line}\n`, false)).toBe(
    '11:53:14 WARN  lane_waits room=#ops:b error="not \\"in\\" it" ageMs=12 err="a b" cause=c\n',
  );
  expect(readableLine(line, true)).toContain('\u001b[33mWARN ');
  expect(readableLine('no JSON\n', false)).toBe('no JSON\n');
});
