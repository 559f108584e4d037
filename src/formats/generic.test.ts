import { describe, expect, it } from 'vitest';
import type { IncomingRequest } from './format.ts';
import { generic } from './generic.ts';

const form = 'application/x-www-form-urlencoded';
const json = 'application/json';

function request(
  body: string | Uint8Array,
  contentType?: string,
  query: Record<string, string> = {},
): IncomingRequest {
  return {
    method: 'POST',
    headers: contentType === undefined ? {} : { 'content-type': contentType },
    query,
    body: Buffer.from(body),
  };
}

function understand(...args: Parameters<typeof request>) {
  const understanding = generic.understand(request(...args));
  if (!understanding.ok) throw new Error(JSON.stringify(understanding.problems));
  return understanding.notifications.map(({ notification }) => notification);
}

function refuse(...args: Parameters<typeof request>) {
  const understanding = generic.understand(request(...args));
  return understanding.ok ? [] : understanding.problems;
}

describe('a room in the payload', () => {
  const isRoom = (named: string) => ['ops', 'deploys', '#ops:example.org'].includes(named);
  function said(body: string, contentType = json, query = {}) {
    const understanding = generic.understand(request(body, contentType, query), isRoom);
    if (!understanding.ok) throw new Error(JSON.stringify(understanding.problems));
    return understanding.notifications.map(({ notification, rooms }) => [
      rooms,
      notification.body,
      notification.fields,
    ]);
  }

  it.each([
    ['{"message":"m","room":"ops"}', json, [['ops'], 'm', undefined]],
    ['{"message":"m","Room":["ops","deploys"]}', json, [['ops', 'deploys'], 'm', undefined]],
    ['message=m&room=%23ops%3Aexample.org', form, [['#ops:example.org'], 'm', undefined]],
    ['message=m&room=ops,+deploys', form, [['ops', 'deploys'], 'm', undefined]],
    ['{"host":"db1","room":"ops"}', json, [['ops'], '', [{ name: 'host', value: 'db1' }]]],
  ])('%s is where to, and no row', (body, type, expected) => {
    expect(said(body, type)).toEqual([expected]);
  });

  it.each([
    ['{"message":"m","room":"kitchen"}', json, 'kitchen'],
    ['{"message":"m","room":["ops","kitchen"]}', json, '["ops","kitchen"]'],
    ['message=m&room=opss', form, 'opss'],
    ['{"message":"m","room":5}', json, '5'],
  ])('%s names none that is known, and is shown', (body, type, shown) => {
    expect(said(body, type)).toEqual([[undefined, 'm', [{ name: 'room', value: shown }]]]);
  });

  it('is its own for each message of a list', () => {
    const list = [{ message: 'a', room: 'ops' }, { message: 'b' }, 'c'];
    expect(said(JSON.stringify(list)).map(([rooms]) => rooms)).toEqual([
      ['ops'],
      undefined,
      undefined,
    ]);
  });

  it('alone says nothing, and beside a query only where to', () => {
    expect(generic.understand(request('{"room":"ops"}', json), isRoom)).toMatchObject({
      ok: false,
    });
    expect(said('{"room":"ops"}', json, { title: 't' })).toEqual([[['ops'], '', undefined]]);
    expect(said('{"room":"kitchen"}')).toEqual([
      [undefined, '', [{ name: 'room', value: 'kitchen' }]],
    ]);
  });
});

describe('text', () => {
  it.each([
    ['disk full', form, 'disk full'],
    ['a=b', form, 'a=b'],
    ['status=down', form, 'status=down'],
    ['100% full & hot + slow', form, '100% full & hot + slow'],
    ['disk%20full%21', form, 'disk full!'],
    [
      'Build failed: https://ci.example/job?id=5&name=api&red=1',
      form,
      'Build failed: https://ci.example/job?id=5&name=api&red=1',
    ],
    ['see https://x/?status=down&title=hello', form, 'see https://x/?status=down&title=hello'],
    ['https://x/?a=1&title=b', form, 'https://x/?a=1&title=b'],
    ['Disk 95% full + slow: id=5&name=api', form, 'Disk 95% full + slow: id=5&name=api'],
    ['status=down & title=hello', form, 'status=down & title=hello'],
    ['title=R&D report', form, 'title=R&D report'],
    ['title=AT&T', form, 'title=AT&T'],
    ['{not json}', form, '{not json}'],
    ['{"title": "x"}', 'text/plain', '{"title": "x"}'],
    ['\ufeffdisk full', undefined, 'disk full'],
    ['<b>x</b>', 'application/octet-stream', '<b>x</b>'],
  ])('%j as %s is shown as it is', (body, contentType, shown) => {
    expect(understand(body, contentType)).toEqual([
      expect.objectContaining({ body: shown, format: 'plain' }),
    ]);
  });

  it('takes the rest from the query', () => {
    const query = { title: 'Backup', severity: 'warning', silent: '1' };
    expect(understand('slow', 'text/plain', query)).toMatchObject([
      { title: 'Backup', body: 'slow', severity: 'warning', silent: true },
    ]);
  });

  it('is markup only where its type says so', () => {
    expect(understand('**x**', 'text/markdown')).toMatchObject([{ format: 'markdown' }]);
    expect(understand('<b>x</b>', 'text/html; charset=utf-8')).toMatchObject([{ format: 'html' }]);
  });
});

describe('a form', () => {
  it('has the usual names', () => {
    expect(understand('Subject=Backup+done&message=100%25&priority=4', form)).toMatchObject([
      { title: 'Backup done', body: '100%', severity: 'warning' },
    ]);
  });

  it('has any names where a program encoded it, and fields of its own', () => {
    expect(understand('First+name=Ann&message=hi', form)).toMatchObject([
      { body: 'hi', fields: [{ name: 'First name', value: 'Ann' }] },
    ]);
    expect(
      understand('title=Disk full!&fields[host]=a&fields.disk=/var&größe=5', form),
    ).toMatchObject([
      {
        title: 'Disk full!',
        fields: [
          { name: 'host', value: 'a' },
          { name: 'disk', value: '/var' },
          { name: 'größe', value: '5' },
        ],
      },
    ]);
  });

  it('may be JSON all the same, as RouterOS sends it', () => {
    expect(understand('{"title": "Reboot", "message": "up"}', form)).toMatchObject([
      { title: 'Reboot', body: 'up' },
    ]);
  });

  it('may wrap JSON in its field `payload`, as GitLab does', () => {
    const payload = encodeURIComponent('{"text": "pushed"}');
    expect(understand(`payload=${payload}`, form)).toMatchObject([{ body: 'pushed' }]);
  });
});

it('reads a query alone', () => {
  expect(understand('', undefined, { title: 'T', message: 'm' })).toMatchObject([
    { title: 'T', body: 'm' },
  ]);
});

describe('JSON', () => {
  it('is understood whatever the sender calls its members', () => {
    const sent = {
      subject: 'Backup',
      msg: 'failed',
      level: 'ERR',
      state: 'failure',
      click: 'https://example.org/',
      links: [{ title: 'Log', href: 'https://example.org/log' }, 'https://example.org/2'],
      fields: { host: 'a', retries: 3, sizes: [1, 2] },
      key: 'backup-a',
      thread: '$root',
      origin: 'backup',
      silent: true,
      mention: '@a:example.org, @b:example.org',
      format: 'md',
      tags: ['nightly', 'tape'],
    };
    expect(understand(JSON.stringify(sent), json)).toEqual([
      {
        title: 'Backup',
        body: 'failed',
        severity: 'error',
        status: 'failed',
        link: 'https://example.org/',
        links: [
          { label: 'Log', url: 'https://example.org/log' },
          { label: '', url: 'https://example.org/2' },
        ],
        fields: [
          { name: 'host', value: 'a' },
          { name: 'retries', value: '3' },
          { name: 'sizes', value: '[1,2]' },
          { name: 'tags', value: 'nightly, tape' },
        ],
        key: 'backup-a',
        thread: '$root',
        origin: 'backup',
        silent: true,
        mention: ['@a:example.org', '@b:example.org'],
        format: 'markdown',
      },
    ]);
  });

  it('shows a word nobody knows instead of dropping it', () => {
    expect(understand('{"message": "x", "severity": "purple", "status": 200}', json)).toMatchObject(
      [
        {
          severity: undefined,
          fields: [
            { name: 'severity', value: 'purple' },
            { name: 'status', value: '200' },
          ],
        },
      ],
    );
  });

  it('says the summary where there is a title but no body', () => {
    expect(understand('{"title": "T", "summary": "S"}', json)).toMatchObject([
      { title: 'T', body: 'S' },
    ]);
  });

  it('understands what known products send', () => {
    const proxmox =
      '{"title":"vzdump","message":"done","severity":"notice","timestamp":1,"fields":{"hostname":"pve"}}';
    expect(understand(proxmox, json)).toMatchObject([
      { title: 'vzdump', severity: 'notice', fields: [{ name: 'hostname', value: 'pve' }] },
    ]);
    const apprise = '{"version":"1.0","title":"T","message":"m","attachments":[],"type":"failure"}';
    expect(understand(apprise, json)).toMatchObject([
      { title: 'T', body: 'm', severity: 'error', status: 'failed', fields: undefined },
    ]);
    const kuma = '{"heartbeat":null,"monitor":null,"msg":"Testing"}';
    expect(understand(kuma, json)).toEqual([expect.objectContaining({ body: 'Testing' })]);
    const flux =
      '{"involvedObject":{"kind":"Kustomization"},"severity":"error","reason":"X","message":"bad"}';
    expect(understand(flux, json)).toMatchObject([{ body: 'bad', severity: 'error' }]);
  });

  it('without a known name is shown, credentials hidden', () => {
    expect(understand('{"event": "push", "count": 2, "api_key": "abc"}', json)).toMatchObject([
      {
        body: '',
        fields: [
          { name: 'event', value: 'push' },
          { name: 'count', value: '2' },
          { name: 'api_key', value: '(hidden)' },
        ],
      },
    ]);
    expect(understand('{"a": {"password": "x", "b": [1]}}', json)).toMatchObject([
      {
        body: '{\n  "a": {\n    "password": "(hidden)",\n    "b": [\n      1\n    ]\n  }\n}',
        format: 'plain',
      },
    ]);
    expect(understand('[1, 2]', json)).toMatchObject([{ body: '[\n  1,\n  2\n]' }]);
    expect(understand('42', json)).toMatchObject([{ body: '42' }]);
  });

  it('may be a list of notifications, up to a hundred', () => {
    expect(understand('[{"title": "a"}, "b"]', json)).toMatchObject([
      { title: 'a' },
      { body: 'b' },
    ]);
    expect(understand(JSON.stringify(Array(100).fill('x')), json)).toHaveLength(100);
    expect(refuse(JSON.stringify(Array(101).fill('x')), json)).toMatchObject([
      { message: '101 notifications at once are too many; send at most 100' },
    ]);
  });

  it('may be a list of much markup, of which only the first is parsed', () => {
    const item = { format: 'markdown', body: `|a|b|\n|-|-|\n${'|x|\n'.repeat(16_000)}` };
    const formats = understand(JSON.stringify(Array(12).fill(item)), json).map(
      ({ format }) => format,
    );
    expect(formats).toEqual(['markdown', 'markdown', ...Array(10).fill('plain')]);
  });

  it('repairs lone surrogates and removes NUL', () => {
    expect(understand('{"message": "a\\u0000b\\ud800c"}', json)).toMatchObject([
      { body: 'ab\ufffdc' },
    ]);
  });
});

describe('what cannot be understood is refused with its place', () => {
  it.each([
    ['{\n  "title": "x"\n  "body": "y"\n}', 'not JSON: line 3, column 3: expected a comma'],
    ['{"secret', 'not JSON: line 1, column 9: the text ends inside a string'],
    [`${'['.repeat(70)}${']'.repeat(70)}`, 'nested deeper than 64 levels'],
    ['{}', 'an empty object says nothing'],
    ['[]', 'an empty list says nothing'],
    ['null', 'there is nothing to say'],
    ['" "', 'there is nothing to say'],
    ['', 'there is nothing to say'],
    [' \n', 'there is nothing to say'],
  ])('%j', (body, message) => {
    expect(refuse(body, json)).toEqual([
      { place: 'body', message: expect.stringContaining(message) },
    ]);
  });

  it('names the first byte that is no UTF-8, counting U+FFFD that was sent', () => {
    const bytes = Buffer.concat([Buffer.from('ä\ufffd'), Buffer.from([0xff])]);
    expect(refuse(bytes, 'text/plain')).toEqual([
      { place: 'body', message: 'not UTF-8: byte 5 (counted from 0) is wrong; send UTF-8' },
    ]);
  });

  it('says what to send instead of multipart', () => {
    expect(refuse('--x', 'multipart/form-data; boundary=x')).toMatchObject([
      { message: expect.stringContaining('send JSON, a form or plain text') },
    ]);
  });
});
