import { describe, expect, it } from 'vitest';
import { understandNative } from './native.ts';

function understand(
  body: unknown,
  contentType = 'application/json',
  query: Record<string, string> = {},
) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const headers = { 'content-type': contentType };
  return understandNative({ method: 'POST', headers, query, body: Buffer.from(text) });
}

const form = 'application/x-www-form-urlencoded';

it('reads every name of the document', () => {
  expect(
    understand({
      room: ['ops', '#deploys:example.org'],
      title: 'Disk',
      body: '**full**',
      format: 'markdown',
      severity: 'critical',
      status: 'firing',
      link: 'https://example.org/',
      links: [{ label: 'Log', url: 'https://example.org/log' }],
      fields: { host: 'a', free: 0, raid: false },
      key: 'disk-a',
      origin: 'smartd',
      thread: '$root',
      mention: ['@a:example.org'],
      silent: false,
      expire_after: '2h',
      late_after: 'never',
    }),
  ).toEqual({
    ok: true,
    rooms: ['ops', '#deploys:example.org'],
    notification: {
      title: 'Disk',
      body: '**full**',
      format: 'markdown',
      severity: 'critical',
      status: 'firing',
      link: 'https://example.org/',
      links: [{ label: 'Log', url: 'https://example.org/log' }],
      fields: [
        { name: 'host', value: 'a' },
        { name: 'free', value: '0' },
        { name: 'raid', value: 'false' },
      ],
      key: 'disk-a',
      origin: 'smartd',
      thread: '$root',
      mention: ['@a:example.org'],
      silent: false,
    },
    expireAfter: 7_200_000,
    lateAfter: 'never',
  });
});

it('reports everything that is wrong at once, each with its place', () => {
  const understanding = understand({
    room: ['ops', 5],
    tittle: 'x',
    'a/b~c': 1,
    title: 7,
    severity: 'bad',
    link: 'javascript:alert(1)',
    links: [{ label: 'x', url: 'https://example.org', extra: 1 }],
    fields: { host: {} },
    thread: 'root',
    mention: ['bob'],
    expire_after: 'soon',
  });
  expect(understanding.ok).toBe(false);
  const places = understanding.ok ? [] : understanding.problems.map(({ place }) => place);
  expect(places.toSorted()).toEqual(
    [
      '/room/1',
      '/tittle',
      '/a~1b~0c',
      '/title',
      '/severity',
      '/link',
      '/links/0/extra',
      '/fields/host',
      '/thread',
      '/mention/0',
      '/expire_after',
    ].toSorted(),
  );
  expect(JSON.stringify(understanding)).not.toContain('alert(1)');
});

it('names the room where a single one is wrong', () => {
  expect(understand({ room: '', body: 'x' })).toMatchObject({ problems: [{ place: '/room' }] });
});

it.each(['[1]', '"text"', 'null', '5'])('wants an object, not %s', (body) => {
  expect(understand(body)).toMatchObject({ ok: false, problems: [{ place: 'body' }] });
});

it.each([{}, { body: ' ' }, { severity: 'error' }, { title: '' }])('wants words: %j', (body) => {
  expect(understand(body)).toMatchObject({ ok: false, problems: [{ place: '/body' }] });
});

it('says line and column of broken JSON', () => {
  expect(understand('{"body": "x",}')).toMatchObject({
    problems: [{ message: 'not JSON: line 1, column 14: expected a key in double quotes' }],
  });
});

describe('a form', () => {
  it('means the same as JSON', () => {
    const body =
      'room=ops,deploys&body=full&fields[host]=a&fields.disk=sda&silent=yes&mention=room';
    expect(understand(body, form)).toMatchObject({
      ok: true,
      rooms: ['ops', 'deploys'],
      notification: {
        body: 'full',
        silent: true,
        mention: 'room',
        fields: [
          { name: 'host', value: 'a' },
          { name: 'disk', value: 'sda' },
        ],
      },
    });
  });

  it('is as strict', () => {
    expect(understand('room=ops&body=full & hot', form)).toMatchObject({
      problems: [{ place: '/hot' }],
    });
    expect(understand('body=x&tittle=y&silent=maybe', form)).toMatchObject({
      problems: [{ place: '/silent' }, { place: '/tittle' }],
    });
  });
});

describe('plain text', () => {
  it('is the body, with the rest in the query', () => {
    for (const type of ['text/plain', form]) {
      expect(understand('disk full', type, { room: 'ops', title: 'T', wait: '5s' })).toMatchObject({
        ok: true,
        rooms: ['ops'],
        notification: { title: 'T', body: 'disk full' },
      });
    }
  });

  it('may hold an address with a known name', () => {
    const text = 'Build failed: https://ci.example/job?id=5&key=api';
    expect(understand(text, form)).toMatchObject({ notification: { body: text, key: undefined } });
  });

  it('is as strict with the query', () => {
    expect(understand('disk full', 'text/plain', { titel: 'T' })).toMatchObject({
      problems: [{ place: '/titel' }],
    });
  });
});

it('lets the body count before the query', () => {
  expect(understand({ body: 'b', title: 'body' }, undefined, { title: 'query' })).toMatchObject({
    notification: { title: 'body' },
  });
});

it('repairs lone surrogates and removes NUL in what names something', () => {
  expect(
    understand('{"body": "b", "room": "o\\u0000", "key": "k\\u0000", "origin": "\\ud800"}'),
  ).toMatchObject({ rooms: ['o'], notification: { key: 'k', origin: '\ufffd' } });
});

it('wants words that are left when a message is cleaned', () => {
  for (const words of ['\u0000', '\u001b[31m \u001b[0m', '\r\n']) {
    expect(understand({ title: words, body: words })).toMatchObject({
      ok: false,
      problems: [{ place: '/body' }],
    });
  }
});
