import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { understandNative } from '../../formats/native.ts';
import { checkMessage } from './check-message.ts';
import { sendDocument } from './send-document.ts';
import { readSendOptions, type SendOptions } from './send-options.ts';

function optionsOf(args: readonly string[]): SendOptions {
  const options = readSendOptions(args);
  if (options === undefined) throw new Error('help was asked for');
  return options;
}

/** Whether the command takes it. */
function isTaken(options: SendOptions, text: string): boolean {
  try {
    checkMessage(options, text);
    return true;
  } catch {
    return false;
  }
}

/** Whether `POST /v1/notifications` takes it. */
function isTakenByDaemon(options: SendOptions, text: string): boolean {
  const body = Buffer.from(sendDocument(options, text));
  const headers = { 'content-type': 'application/json' };
  return understandNative({ method: 'POST', headers, query: {}, body }).ok;
}

describe('a message of send', () => {
  it.each([
    [['--mention', 'me', 'x'], '--mention: expected "room" or a list of at most 50 user ids'],
    [['--link', 'grafana/d/1', 'x'], '--link: expected an http, https, ftp'],
    [['--thread', 'foo', 'x'], '--thread: expected an event id such as $…'],
    [['--thread', `$${'x'.repeat(255)}`, 'x'], '--thread: longer than 255 characters'],
    [['--key', 'k'.repeat(256), 'x'], '--key: longer than 255 characters'],
    [['--key', '', 'x'], '--key: is empty'],
    [['--title', 't'.repeat(1001), 'x'], '--title: longer than 1000 characters'],
    [['--link', `https://x/${'y'.repeat(4096)}`, 'x'], '--link: expected an http'],
    [['--expire-after', '999999999d', 'x'], '--expire-after: longer than ten years'],
  ])('with %j is refused by the name of the option', (args, problem) => {
    const check = () => checkMessage(optionsOf(args), 'x');
    expect(check).toThrow(
      expect.objectContaining({
        code: 'bad_input',
        problems: [expect.stringContaining(problem)],
      }),
    );
  });

  it('is refused with everything that is wrong at once', () => {
    const check = () => checkMessage(optionsOf(['--key', '', '--thread', 'x', 'y']), 'y');
    expect(check).toThrow(
      expect.objectContaining({ problems: [expect.anything(), expect.anything()] }),
    );
  });

  it('is taken exactly when the daemon takes it', () => {
    const odd = fc.oneof(
      fc.constantFrom('', ' ', '@a:b', '@a', '$x', '$', '$x y', 'https://x', 'x', 'mailto:a'),
      fc.string({ unit: 'binary', maxLength: 20 }),
      fc.integer({ min: 250, max: 260 }).map((length) => '$'.padEnd(length, 'x')),
      fc.integer({ min: 995, max: 1005 }).map((length) => 'x'.repeat(length)),
    );
    const maybe = fc.option(odd, { nil: undefined });
    const mention = fc.oneof(fc.constant('room' as const), fc.array(odd, { maxLength: 60 }));
    const given = fc.record({
      title: maybe,
      link: maybe,
      key: maybe,
      thread: maybe,
      mention: fc.option(mention, { nil: undefined }),
      expireAfterMs: fc.option(fc.nat(), { nil: undefined }),
    });
    const plain = optionsOf(['x']);
    fc.assert(
      fc.property(given, odd, (changes, text) => {
        const options = { ...plain, ...changes };
        expect(isTaken(options, text)).toBe(isTakenByDaemon(options, text));
      }),
    );
  });
});
