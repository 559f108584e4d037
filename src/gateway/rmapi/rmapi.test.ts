import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../clock.ts';
import { Failure } from '../../errors.ts';
import { rmapiOpenapi } from './openapi.ts';
import { openTestRmapi, otherName, user } from './test-rmapi.contract.ts';

const asOther = { 'x-clientcert-dn': otherName };
const success = '{"success":true,"extra":null,"error":null}';

describe('a lifecycle call', () => {
  it.each(['created', 'revoked', 'promoted', 'demoted'] as const)(
    '%s is written down before it is answered, without any homeserver',
    async (action) => {
      await using test = await openTestRmapi();
      const answer = await test.ask(`/api/v1/users/${action}`);
      expect([answer.status, answer.body]).toEqual([200, success]);
      const person = await test.people.show('ROTTA01a');
      expect(person?.personId).toBe('rotta01a');
      const [line] = await test.people.history('rotta01a', 1);
      expect(line).toMatchObject({ who: 'rasenmaeher', what: action });
      expect(test.lifecycle).toEqual([{ action, result: 'recorded' }]);
    },
  );

  it('is not a success while the disk is full', async () => {
    const people = { change: () => Promise.reject(new Failure('storage_full')) };
    await using test = await openTestRmapi({}, { people });
    const answer = await test.ask('/api/v1/users/revoked');
    expect(answer.status).toBe(503);
    expect(answer.headers['retry-after']).toBeDefined();
    expect(Object.keys(JSON.parse(answer.body))).toEqual(['success', 'extra', 'error']);
    expect(JSON.parse(answer.body).success).toBe(false);
  });

  it('is answered before the caller gives up, and not as a success', async () => {
    const people = { change: () => new Promise<never>(() => undefined) };
    await using test = await openTestRmapi({}, { people });
    const answered = test.ask('/api/v1/users/revoked');
    const clock = test.clock as unknown as { waiting: number; advance(ms: number): void };
    while (clock.waiting === 0) await new Promise(setImmediate);
    clock.advance(2500);
    expect((await answered).status).toBe(503);
  });

  it('an unknown error is a bare 500, and reported', async () => {
    const people = { change: () => Promise.reject(new Error('secret')) };
    await using test = await openTestRmapi({}, { people });
    const answer = await test.ask('/api/v1/users/created');
    expect([answer.status, answer.body]).toEqual([500, 'Internal Server Error']);
    expect(test.incidents).toHaveLength(1);
  });

  it.each(['matrixrmapi-bot', 'MATRIXRMAPI-BOT', 'rasenmaeher', '', 'a b'])(
    'for the name %j is refused with a reason',
    async (callsign) => {
      await using test = await openTestRmapi();
      const answer = await test.ask('/api/v1/users/revoked', { ...user, callsign });
      expect(answer.status).toBe(200);
      expect(JSON.parse(answer.body)).toMatchObject({ success: false, extra: null });
      expect(await test.people.show(callsign)).toBeUndefined();
    },
  );

  it('is refused when it comes through the product proxy, however its path is written', async () => {
    await using test = await openTestRmapi();
    const proxied = { 'x-rasenmaeher-proxy': 'productproxy', 'x-proxy-callsign': 'EVIL01a' };
    for (const path of [
      '/api/v1/users/revoked',
      '/api/v1/%75sers/revoked',
      '//api/v1/users/revoked',
    ]) {
      const answer = await test.ask(path, user, proxied);
      expect([answer.status, answer.body]).toEqual([403, '{"detail":"Forbidden"}']);
    }
    const reading = await test.ask('/api/v2/clients/data', user, proxied);
    expect(reading.status).toBe(200);
    expect(test.lifecycle).toEqual([]);
  });

  it('takes every certificate text that the caller sends', async () => {
    await using test = await openTestRmapi();
    for (const x509cert of ['-----BEGIN\\nCERT', '-----BEGIN\nCERT', 'NOCERTFOUND', '']) {
      expect((await test.ask('/api/v1/users/created', { ...user, x509cert })).body).toBe(success);
    }
  });
});

describe('a body', () => {
  it.each([
    ['', 0, 'Field required'],
    ['{', 1, 'Expecting property name enclosed in double quotes'],
    ['{"a" 1}', 5, "Expecting ':' delimiter"],
    ['{"a":1 "b"}', 7, "Expecting ',' delimiter"],
    ['[1,]', 3, 'Expecting value'],
    ['{} {}', 3, 'Extra data'],
    ['nul', 0, 'Expecting value'],
    ['"\\x"', 1, 'Invalid \\escape'],
  ])('%j is refused as Python refuses it', async (body, position, words) => {
    await using test = await openTestRmapi();
    const headers = { 'content-type': 'application/json' };
    const answer = await test.ask('/api/v1/users/created', body, headers);
    expect(answer.status).toBe(422);
    const [{ loc, msg, ctx }] = JSON.parse(answer.body).detail;
    expect([loc[1] ?? 0, ctx?.error ?? msg]).toEqual([position, words]);
  });

  it.each([
    ['null', 'missing'],
    ['5', 'model_attributes_type'],
    ['"x"', 'model_attributes_type'],
    ['{"uuid":"a","callsign":"\\ud800","x509cert":""}', 'string_unicode'],
    ['{"uuid":"a","callsign":null,"x509cert":""}', 'string_type'],
    ['{"uuid":"a","callsign":"b","x509cert":"","__proto__":{}}', 'extra_forbidden'],
  ])('%s is refused as %s', async (body, type) => {
    await using test = await openTestRmapi();
    const headers = { 'content-type': 'application/vnd.x+json; charset=utf-8' };
    const answer = await test.ask('/api/v1/users/created', body, headers);
    expect([answer.status, JSON.parse(answer.body).detail[0].type]).toEqual([422, type]);
  });

  it('that is nested deeper than can be written is refused in the usual form', async () => {
    await using test = await openTestRmapi();
    const deep = `${'['.repeat(60_000)}${']'.repeat(60_000)}`;
    const json = { 'content-type': 'application/json' };
    for (const body of [deep, `{"uuid":${deep}}`, `{"a":${deep}}`]) {
      const { body: text } = await test.ask('/api/v1/users/created', body, json);
      const { detail } = JSON.parse(text) as { detail: { msg: string }[] };
      expect(detail[0]?.msg).toMatch(/Field required|valid dictionary|valid string/);
    }
    expect(test.incidents).toEqual([]);
  });

  it('that is not UTF-8, or beyond 128 KiB, is refused', async () => {
    await using test = await openTestRmapi();
    const json = { 'content-type': 'application/json' };
    expect(
      (await test.ask('/api/v1/users/created', Buffer.from('{"\xff"', 'latin1'), json)).status,
    ).toBe(400);
    expect((await test.ask('/api/v1/users/created', 'x'.repeat(131_073), json)).status).toBe(413);
    expect(test.incidents).toEqual([]);
  });
});

describe('what the deployment shows', () => {
  it('a fragment is a zip of the certificate for any certificate', async () => {
    await using test = await openTestRmapi();
    const body = { ...user, callsign: '../Ä', x509cert: 'PEM\n'.repeat(100) };
    const answer = await test.ask('/api/v1/clients/fragment', body, asOther);
    const fragments = JSON.parse(answer.body) as {
      title: string;
      data: string;
      filename: string;
    }[];
    expect(fragments.map(({ filename }) => filename)).toEqual(['.._Ä_1.zip', '.._Ä_2.zip']);
    const zip = Buffer.from(fragments[0]?.data.split(',')[1] ?? '', 'base64');
    const start = 30 + zip.readUInt16LE(26);
    expect(zip.subarray(30, start).toString()).toBe('.._Ä_1.pem');
    const packed = zip.subarray(start, start + zip.readUInt32LE(18));
    expect(inflateRawSync(packed).toString()).toBe(body.x509cert);
  });

  it.each(['en', 'fi', 'sv', 'xx'])(
    'the text in %s names the deployment, for the caller alone',
    async (language) => {
      await using test = await openTestRmapi();
      const path = `/api/v2/clients/${language}/info.md`;
      const answer = await test.ask(path);
      expect(answer.body).toContain('"manifest_notfound"');
      expect(answer.body).toContain('ROTTA01a');
      expect((await test.ask(path, user, asOther)).status).toBe(403);
    },
  );

  it('another product is told that there is nothing to get', async () => {
    await using test = await openTestRmapi();
    const product = { certcn: 'battlelog.example.org', x509cert: '' };
    const answer = await test.ask('//api/v1/interop/add', product);
    expect([answer.status, JSON.parse(answer.body).success]).toEqual([200, false]);
    expect((await test.ask('/api/v1/interop/add', product, asOther)).status).toBe(403);
  });

  it('its files are for every page', async () => {
    const uiDirectory = await mkdtemp(join(tmpdir(), 'bellhop-ui-'));
    await writeFile(join(uiDirectory, 'remoteEntry.js'), 'export {};');
    await writeFile(join(uiDirectory, 'private.key'), 'x');
    await using test = await openTestRmapi({ uiDirectory });
    const file = await test.call('/ui/matrix/remoteEntry.js', {
      headers: { origin: 'https://a.example' },
    });
    expect([file.status, file.body, file.headers['access-control-allow-origin']]).toEqual([
      200,
      'export {};',
      '*',
    ]);
    expect(file.headers['content-type']).toContain('text/javascript');
    for (const path of ['private.key', '..%2f..%2fetc%2fpasswd', '']) {
      expect((await test.call(`/ui/matrix/${path}`)).status).toBe(404);
    }
    await rm(uiDirectory, { recursive: true });
  });
});

describe('health', () => {
  const broken = () =>
    Promise.resolve({
      ready: false,
      checks: [{ name: 'synapse', ok: false, detail: 'no answer' }],
    });

  it('stays healthy in shape, and tells the truth beside it', async () => {
    await using test = await openTestRmapi({}, { readiness: broken });
    const answer = await test.call('/api/v1/healthcheck');
    expect([answer.status, JSON.parse(answer.body)]).toEqual([
      200,
      { healthy: true, extra: 'not ready; synapse: no answer' },
    ]);
    const ready = await test.call('/readyz');
    expect([ready.status, JSON.parse(ready.body).ready]).toEqual([503, false]);
    expect((await test.call('/healthz')).status).toBe(200);
  });

  it('is the truth where that is configured', async () => {
    await using test = await openTestRmapi({ health: 'truthful' }, { readiness: broken });
    const answer = await test.call('/api/v1/healthcheck');
    expect([answer.status, JSON.parse(answer.body).healthy]).toEqual([200, false]);
  });

  it('is answered in time, and when the checks themselves fail', async () => {
    const silent = () => new Promise<never>(() => undefined);
    await using test = await openTestRmapi({}, { readiness: silent });
    const answered = test.call('/readyz');
    const clock = test.clock as unknown as { waiting: number; advance(ms: number): void };
    while (clock.waiting === 0) await new Promise(setImmediate);
    clock.advance(1500);
    expect((await answered).status).toBe(503);
    await using failing = await openTestRmapi(
      {},
      { readiness: () => Promise.reject(new Error('x')) },
    );
    expect((await failing.call('/readyz')).status).toBe(503);
  });
});

describe('the interface', () => {
  it('is described as the original describes it, and more', () => {
    const file = new URL('../../../test/conformance/rmapi/original.openapi.json', import.meta.url);
    const original = JSON.parse(readFileSync(file, 'utf8'));
    const { paths, components } = rmapiOpenapi('1');
    const described = original.paths as Record<string, { post?: object }>;
    for (const [path, operations] of Object.entries(described)) {
      // The original forgets to say that this path has a language.
      const { post } = path.includes('/instructions/') ? operations : {};
      const complete = post && { post: { ...post, parameters: paths[path]?.['post']?.parameters } };
      expect(paths[path], path).toEqual(complete ?? operations);
    }
    for (const [name, schema] of Object.entries(original.components.schemas)) {
      expect(Object.keys(components.schemas[name]?.['properties'] ?? {})).toEqual(
        Object.keys((schema as { properties: object }).properties),
      );
    }
    expect(Object.keys(paths).length).toBe(Object.keys(original.paths).length + 4);
  });

  it('names only paths that are served, with their methods', async () => {
    await using test = await openTestRmapi();
    for (const [path, operations] of Object.entries(rmapiOpenapi('1').paths)) {
      const answer = await test.call(path.replace('{language}', 'en'), { method: 'DELETE' });
      expect([path, answer.status, answer.headers.allow]).toEqual([
        path,
        405,
        Object.keys(operations).join(', ').toUpperCase(),
      ]);
    }
    for (const path of ['/api/openapi.json', '/api/docs']) {
      expect((await test.call(path)).status).toBe(200);
    }
  });

  it('a slash behind a path leads to the path without, with its query', async () => {
    await using test = await openTestRmapi();
    const headers = { host: 'matrix.example.org:4626', 'x-forwarded-proto': 'https' };
    const answer = await test.call('/api/v1/healthcheck/?a=b', { headers });
    expect([answer.status, answer.headers.location]).toEqual([
      307,
      'https://matrix.example.org:4626/api/v1/healthcheck?a=b',
    ]);
    const twice = await test.call('/api/v1/users/created/', { method: 'POST', headers });
    expect(twice.status).toBe(307);
    expect((await test.call('/nothing/', { headers })).status).toBe(404);
    expect((await test.call('/api/v1/description/%zz', { headers })).status).toBe(404);
  });

  it('closes with the calls it has, and takes no more', async () => {
    const called = Promise.withResolvers<void>();
    const written = Promise.withResolvers<void>();
    const change = () => {
      called.resolve();
      return written.promise;
    };
    const test = await openTestRmapi({}, { people: { change }, clock: systemClock });
    const answered = test.ask('/api/v1/users/created');
    await called.promise;
    const closed = test.close(5000);
    await expect(test.ask('/api/v1/users/created')).rejects.toThrow();
    written.resolve();
    expect((await answered).body).toBe(success);
    await closed;
  });
});
