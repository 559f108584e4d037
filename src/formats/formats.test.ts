import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalBytes } from '../notification/canonical-json.ts';
import { createRenderer } from '../notification/create-renderer.ts';
import { clearContentBytesMax, fitContent } from '../notification/fit.ts';
import { detectFormat } from './detect.ts';
import type { Format, IncomingRequest, Understanding } from './format.ts';
import { formats } from './formats.ts';
import { understandNative } from './native.ts';

const all = Object.values(formats);

const asIs = (text: string) => ({ plain: text, html: '', block: false });
const render = createRenderer({ markdown: asIs, html: asIs });

const types = fc.constantFrom(
  undefined,
  '',
  'application/json',
  'application/x-www-form-urlencoded',
  'text/plain',
  'text/markdown',
  'multipart/form-data',
  'application/cloudevents+json; charset=utf-8',
);

const names = fc.constantFrom(
  'title',
  'body',
  'message',
  'severity',
  'status',
  'priority',
  'link',
  'links',
  'fields',
  'key',
  'thread',
  'origin',
  'mention',
  'silent',
  'format',
  'tags',
  'type',
  'room',
  'expire_after',
  'name',
  '__proto__',
  'constructor',
  'groupKey',
  'alerts',
  'labels',
  'annotations',
  'startsAt',
  'endsAt',
  'commonLabels',
  'externalURL',
  'receiver',
  'truncatedAlerts',
  'generatorURL',
  'fingerprint',
  'summary',
  'description',
  'runbook_url',
  'alertname',
);
const text = fc.oneof(
  fc.string(),
  fc.array(fc.nat(0xffff)).map((units) => String.fromCharCode(...units)),
  fc.constantFrom(
    'critical',
    'firing',
    'resolved',
    '5m',
    'https://example.org',
    '2026-01-01T00:00:00Z',
    '9e999',
    '@a:b',
  ),
);
/** JSON that looks like what the formats expect, with anything in any place. */
const { value: likelyJson } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    text,
    fc.double(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(fc.tuple(names, tie('value')), { maxLength: 6 }).map(Object.fromEntries),
  ),
}));

const bodies = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  likelyJson.map((value) => Buffer.from(JSON.stringify(value))),
  fc.json().map((json) => Buffer.from(json)),
  fc
    .array(fc.tuple(names, text))
    .map((pairs) => Buffer.from(new URLSearchParams(pairs as [string, string][]).toString())),
  fc.string().map((words) => Buffer.from(words)),
);

const requests: fc.Arbitrary<IncomingRequest> = fc.record({
  method: fc.constantFrom('GET', 'POST', 'PUT'),
  headers: fc.record({ 'content-type': types }),
  query: fc.array(fc.tuple(names, text), { maxLength: 4 }).map(Object.fromEntries),
  body: bodies,
});

/** Half of all texts are rooms. */
const isRoom = (named: string): boolean => named.length % 2 === 1;

function expectRenders(format: Format, request: IncomingRequest): void {
  const understanding = format.understand(request, isRoom);
  if (!understanding.ok) {
    expect(understanding.problems.length).toBeGreaterThan(0);
    return;
  }
  expect(understanding.notifications.length).toBeGreaterThan(0);
  expect(understanding.notifications.length).toBeLessThanOrEqual(100);
  for (const { notification, rooms = [] } of understanding.notifications) {
    expect(rooms.every(isRoom)).toBe(true);
    const content = render(notification, { msgtype: 'm.text' });
    const size = canonicalBytes(fitContent(content, clearContentBytesMax).content);
    expect(size).toBeLessThanOrEqual(clearContentBytesMax);
    expect(content.body).not.toBe('');
  }
}

function bodyLengths(understanding: Understanding): number[] {
  if (!understanding.ok) return [];
  return understanding.notifications.map(({ notification }) => notification.body.length);
}

describe('any request', () => {
  it.each(all)('is understood or refused by $name, and what it says can be sent', (format) => {
    fc.assert(
      fc.property(requests, (request) => {
        expectRenders(format, request);
        expect(format.understand(request, isRoom)).toEqual(format.understand(request, isRoom));
      }),
      { numRuns: 400 },
    );
  });

  it('is understood or refused by the native call', () => {
    fc.assert(
      fc.property(requests, (request) => {
        const understanding = understandNative(request);
        if (understanding.ok) render(understanding.notification, { msgtype: 'm.text' });
        else expect(understanding.problems.length).toBeGreaterThan(0);
      }),
      { numRuns: 400 },
    );
  });
});

describe('a megabyte', () => {
  const patterns = [
    '[',
    '{"a":',
    '=',
    '&',
    'a=b&',
    '%41',
    '"',
    '\\',
    '{}',
    '[{}],',
    'x',
    '\n',
    '\ufffd',
    '{"alerts":[',
    '0,',
  ];
  it.each(patterns)('of %j takes bounded time and space', (pattern) => {
    const body = Buffer.from(pattern.repeat(Math.ceil((1 << 20) / pattern.length)));
    const started = performance.now();
    for (const contentType of ['application/json', 'application/x-www-form-urlencoded']) {
      const request = { method: 'POST', headers: { 'content-type': contentType }, query: {}, body };
      const lengths = all.flatMap((format) => bodyLengths(format.understand(request)));
      expect(Math.max(0, ...lengths)).toBeLessThanOrEqual(5 * body.length);
    }
    // Ten times what the worst needs on a busy machine: only a wrong exponent gets there.
    expect(performance.now() - started).toBeLessThan(4000);
  });

  it.each(['{"alerts":[X]}', '[X]', '{"fields":[X]}', '{"message":"m","links":[X]}'])(
    'of members in %s takes bounded time and space',
    (frame) => {
      const members = '{"labels":{"a":"b"},"name":"n","value":"v","url":"u"}';
      const body = Buffer.from(frame.replace('X', Array(15_000).fill(members).join(',')));
      const headers = { 'content-type': 'application/json' };
      const started = performance.now();
      for (const format of all) {
        expectRenders(format, { method: 'POST', headers, query: {}, body });
      }
      expect(performance.now() - started).toBeLessThan(4000);
    },
  );
});

describe('detection', () => {
  const request: IncomingRequest = {
    method: 'POST',
    headers: {},
    query: {},
    body: new Uint8Array(),
  };
  const claiming = (name: string, claim: 0 | 1 | 2): Format => ({
    name,
    recognises: () => claim,
    understand: () => ({ ok: true, notifications: [] }),
    dedupeWindowMs: 0,
  });

  it('takes the surest format, the first of equals', () => {
    const candidates = [claiming('a', 1), claiming('b', 2), claiming('c', 2)];
    expect(detectFormat(request, candidates)?.name).toBe('b');
    expect(detectFormat(request, [claiming('a', 0)])).toBeUndefined();
  });

  it('always finds a format in the table', () => {
    fc.assert(
      fc.property(requests, (any) => {
        expect(detectFormat(any, all)).toBeDefined();
      }),
    );
  });

  it('knows each format by its name', () => {
    expect(Object.entries(formats).every(([name, format]) => format.name === name)).toBe(true);
  });
});
