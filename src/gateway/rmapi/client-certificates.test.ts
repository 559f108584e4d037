import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { Agent, request as httpsRequest, type RequestOptions } from 'node:https';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { connect, type SecureContextOptions, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ManualClock } from '../../testing/manual-clock.ts';
import { httpCall, portOf } from '../test-gateway.contract.ts';
import {
  type Authority,
  type CertificateZoo,
  type Kept,
  openCertificateZoo,
  withDamagedSignature,
} from './certificate-zoo.contract.ts';
import { callerName, looked, openTestRmapi, type TestRmapi, user } from './test-rmapi.contract.ts';
import type { TlsFiles } from './tls-files.ts';

const caller = '/O=harjoitus1.pvarki.fi/CN=rasenmaeher';
const serverOnly = ['basicConstraints=CA:FALSE', 'extendedKeyUsage=serverAuth'];
const serverNames = [...serverOnly, 'subjectAltName=IP:127.0.0.1'];
const passed = { startsAt: '20200101000000Z', endsAt: '20200201000000Z' };
const toCome = { startsAt: '20700101000000Z', endsAt: '20700201000000Z' };

let zoo: CertificateZoo;
let authority: Authority;
let foreign: Authority;
let second: Authority;
let server: Kept;
let good: Kept;

beforeAll(async () => {
  zoo = await openCertificateZoo();
  [authority, foreign, second] = await Promise.all([
    zoo.authority('Test CA'),
    zoo.authority('Foreign CA'),
    zoo.authority('Second CA'),
  ]);
  server = await authority.issue('server', { subject: '/CN=listener', extensions: serverNames });
  good = await authority.issue('caller', { subject: caller });
});

afterAll(async () => {
  await zoo[Symbol.asyncDispose]();
});

let filesMade = 0;

/** Files of a listener's own, so that a test can replace them. */
async function filesOf(revocations?: string, ca: string = authority.cert): Promise<TlsFiles> {
  const place = join(zoo.dir, `listener-${filesMade++}`);
  const files = {
    certificate: `${place}.pem`,
    key: `${place}.key`,
    clientCa: `${place}.ca`,
    revocations: revocations === undefined ? undefined : `${place}.crl`,
  };
  await writeFile(files.certificate, server.cert);
  await writeFile(files.key, server.key);
  await writeFile(files.clientCa, ca);
  if (files.revocations !== undefined) await writeFile(files.revocations, revocations ?? '');
  return files;
}

async function open(revocations?: string, ca?: string): Promise<TestRmapi & { files: TlsFiles }> {
  const files = await filesOf(revocations, ca);
  const clock = new ManualClock(Date.now());
  const trusted = ['127.0.0.0/8'];
  const test = await openTestRmapi(
    { tls: files, trustedProxies: trusted, healthListen: '127.0.0.1:0' },
    { clock },
  );
  return { ...test, files };
}

type Offer = Pick<SecureContextOptions, 'ca' | 'cert' | 'key'>;

const offer = (holder: Pick<Kept, 'cert' | 'key'> | undefined): Offer => ({
  ca: authority.cert,
  ...(holder !== undefined && { cert: holder.cert, key: holder.key }),
});

interface Reply {
  readonly status: number | undefined;
  readonly body: string;
}

/** A lifecycle call with this client certificate; rejects where the handshake does. */
async function call(
  test: TestRmapi,
  holder: Pick<Kept, 'cert' | 'key'> | undefined,
  options: RequestOptions & { readonly session?: Buffer } = {},
): Promise<Reply> {
  const request = httpsRequest({
    host: '127.0.0.1',
    port: portOf(test.address),
    method: 'POST',
    path: '/api/v1/users/created',
    agent: false,
    ...offer(holder),
    ...options,
    headers: { 'content-type': 'application/json', ...options.headers },
  });
  request.end(options.method === 'GET' ? undefined : JSON.stringify(user));
  const [response] = await once(request, 'response');
  return { status: response.statusCode, body: await text(response) };
}

const refused = (detail: string) => ({ status: 403, body: JSON.stringify({ detail }) });
const taken = { status: 200, body: '{"success":true,"extra":null,"error":null}' };

describe('whoever comes with a certificate of the authority', () => {
  it('is the caller by its one common name', async () => {
    await using test = await open();
    expect(await call(test, good)).toEqual(taken);
    const shared = await authority.issue('shared', { subject: '/O=x+CN=rasenmaeher' });
    expect(await call(test, shared)).toEqual(taken);
  });

  it.each([
    ['another person', '/CN=NORPPA11a', 'Forbidden'],
    ['in capitals', '/CN=RASENMAEHER', 'Forbidden'],
    ['with a space behind', '/CN=rasenmaeher ', 'Forbidden'],
    ['with a letter of another script', '/CN=r\u0430senmaeher', 'Forbidden'],
    ['with a comma in its name', '/CN=rasenmaeher,O=x', 'Forbidden'],
    ['with two names, first', '/CN=rasenmaeher/CN=evil', 'Invalid authentication'],
    ['with two names, last', '/CN=evil/CN=rasenmaeher', 'Invalid authentication'],
    ['with two names in one part', '/CN=evil+CN=rasenmaeher', 'Invalid authentication'],
    ['without a common name', '/O=rasenmaeher', 'Invalid authentication'],
  ])('is not the caller: %s', async (what, subject, detail) => {
    await using test = await open();
    const holder = await authority.issue(what.replaceAll(/\W/g, '-'), { subject });
    expect(await call(test, holder)).toEqual(refused(detail));
  });

  it('is nobody by an alternative name, without the usage of clients, or as an authority', async () => {
    await using test = await open();
    const usage = 'extendedKeyUsage=clientAuth';
    const named = await authority.issue('named', {
      subject: '/O=x',
      extensions: [usage, 'subjectAltName=DNS:rasenmaeher'],
    });
    const useless = await authority.issue('useless', {
      subject: caller,
      extensions: ['basicConstraints=CA:FALSE'],
    });
    const issuing = await authority.issue('issuing', {
      subject: caller,
      extensions: ['basicConstraints=critical,CA:TRUE', usage],
    });
    for (const holder of [named, useless, issuing]) {
      expect(await call(test, holder)).toEqual(refused('Invalid authentication'));
    }
    expect(test.refusals.map(({ why }) => why).join()).toMatch(/name.*lacks clientAuth.*authority/);
  });

  it('is not somebody else by any header', async () => {
    await using test = await open();
    const other = await authority.issue('spoofer', { subject: '/CN=NORPPA11a' });
    const der = Buffer.from(good.cert.replaceAll(/-----[^-]+-----/g, ''), 'base64');
    const headers = {
      'x-clientcert-dn': callerName,
      'client-cert': `:${der.toString('base64')}:`,
      'l5d-client-id': 'rasenmaeher',
    };
    expect(await call(test, other, { headers })).toEqual(refused('Forbidden'));
    expect(await call(test, good, { headers: { 'x-clientcert-dn': 'CN=evil' } })).toEqual(taken);
  });
});

it('a connection that stays open does not outlive its certificate', async () => {
  await using test = await open();
  const agent = new Agent({ ...offer(good), keepAlive: true, maxSockets: 1 });
  expect(await call(test, good, { agent })).toEqual(taken);
  // The certificates here are made for two days.
  (test.clock as ManualClock).advance(3 * 86_400_000);
  expect(await call(test, good, { agent })).toEqual(refused('Not authenticated'));
  agent.destroy();
});

describe('a handshake fails', () => {
  it('without a certificate, also with the right header', async () => {
    await using test = await open();
    const headers = { 'x-clientcert-dn': callerName };
    await expect(call(test, undefined, { headers })).rejects.toThrow();
    expect(test.lifecycle).toEqual([]);
  });

  it.each([
    ['of another authority', () => foreign.issue('same', { subject: caller })],
    ['that has expired', () => authority.issue('expired', { subject: caller, ...passed })],
    ['that is not valid yet', () => authority.issue('early', { subject: caller, ...toCome })],
    [
      'that is for servers',
      () => authority.issue('servers', { subject: caller, extensions: serverOnly }),
    ],
  ])('with a certificate %s', async (_what, issue) => {
    await using test = await open();
    await expect(call(test, await issue())).rejects.toThrow();
    expect(test.lifecycle).toEqual([]);
  });
});

describe('revocation', () => {
  it('holds from the start, in whichever list of a bundle', async () => {
    const [first, revoked] = await Promise.all([
      authority.list(),
      second.issue('revoked', { subject: caller }),
    ]);
    await second.revoke(revoked);
    const bundle = `${first}${await second.list()}`;
    await using test = await open(bundle, `${authority.cert}${second.cert}`);
    expect(await call(test, good)).toEqual(taken);
    await expect(call(test, revoked)).rejects.toThrow();
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'takes effect on open and resumed connections too (%s)',
    async (maxVersion) => {
      const holder = await authority.issue(`leaver-${maxVersion}`, { subject: caller });
      await using test = await open(await authority.list());
      const agent = new Agent({ ...offer(holder), keepAlive: true, maxSockets: 1, maxVersion });
      const sessions: Buffer[] = [];
      const sockets: TLSSocket[] = [];
      agent.on('keylog', (_line: Buffer, socket: TLSSocket) => {
        if (sockets.includes(socket)) return;
        sockets.push(socket);
        socket.on('session', (session: Buffer) => sessions.push(session));
      });
      expect(await call(test, holder, { agent })).toEqual(taken);
      expect(await call(test, holder, { agent })).toEqual(taken);
      expect(sockets).toHaveLength(1);
      const [socket] = sockets;
      const closed = socket === undefined ? Promise.reject(new Error()) : once(socket, 'close');

      await authority.revoke(holder);
      await writeFile(test.files.revocations ?? '', await authority.list());
      await looked(test, 1);
      await closed;
      await expect(call(test, holder, { agent })).rejects.toThrow();
      for (const session of sessions) {
        await expect(call(test, holder, { session, maxVersion })).rejects.toThrow();
      }
      expect(await call(test, good)).toEqual(taken);
      agent.destroy();
    },
  );

  it('a session is never resumed', async () => {
    await using test = await open();
    const port = portOf(test.address);
    const sessions: Buffer[] = [];
    const options = { ...offer(good), host: '127.0.0.1', port, maxVersion: 'TLSv1.2' as const };
    const one = connect(options);
    one.on('session', (session) => sessions.push(session));
    await once(one, 'secureConnect');
    const session = sessions[0] ?? one.getSession();
    one.destroy();
    const other = connect({ ...options, ...(session !== undefined && { session }) });
    await once(other, 'secureConnect');
    expect(other.isSessionReused()).toBe(false);
    other.destroy();
  });

  it('an expired list refuses every client, and health says so where it can be asked', async () => {
    const times = { madeAt: passed.startsAt, endsAt: passed.endsAt };
    await using test = await open(await authority.list(times));
    await expect(call(test, good)).rejects.toThrow();
    expect(test.trust).toEqual(['lost']);
    const where = { host: '127.0.0.1', port: portOf(test.healthAddress) };
    const ready = await httpCall({ ...where, path: '/readyz' });
    expect(ready.status).toBe(503);
    expect(ready.body).toContain('revocation list expired 2020-02-01T00:00:00.000Z');
    const health = await httpCall({ ...where, path: '/api/v1/healthcheck' });
    expect([health.status, JSON.parse(health.body).healthy]).toEqual([200, true]);
    const headers = { 'x-clientcert-dn': callerName };
    for (const path of ['/api/v1/users/created', '//api/v1/admins/fragment', '/api/docs']) {
      expect((await httpCall({ ...where, path, headers })).status).toBe(404);
    }
  });

  it('a list that is missing for one of the authorities is told', async () => {
    const both = `${authority.cert}${second.cert}`;
    await using test = await open(await authority.list(), both);
    expect(test.trust).toEqual(['lost']);
    expect(await call(test, good)).toEqual(taken);
  });

  it('a broken, cut or foreign list leaves the old one in force', async () => {
    const holder = await authority.issue('stays-out', { subject: caller });
    await authority.revoke(holder);
    const list = await authority.list();
    await using test = await open(list);
    const path = test.files.revocations ?? '';
    const broken = [
      '',
      'rubbish',
      list.slice(0, list.length / 2),
      await foreign.list(),
      withDamagedSignature(list),
    ];
    for (const [index, content] of broken.entries()) {
      await writeFile(path, content);
      await looked(test, index + 1);
      expect(test.trust).toEqual(broken.slice(0, index + 1).map(() => 'refused'));
      await expect(call(test, holder)).rejects.toThrow();
      expect(await call(test, good)).toEqual(taken);
    }
    const health = await call(test, good, { method: 'GET', path: '/api/v1/healthcheck' });
    expect(health.body).toContain('"healthy":true');
    expect(health.body).toContain('refused: rmapi TLS: a revocation list is not signed');
  });

  it('a new certificate of the listener is taken with everything else', async () => {
    await using test = await open(await authority.list());
    const renewed = await authority.issue('renewed', {
      subject: '/CN=renewed',
      extensions: serverNames,
    });
    await writeFile(test.files.certificate, renewed.cert);
    await looked(test, 1);
    const socket = connect({ ...offer(good), host: '127.0.0.1', port: portOf(test.address) });
    await once(socket, 'secureConnect');
    expect(socket.getPeerCertificate().subject.CN).toBe('renewed');
    socket.destroy();
    await expect(call(test, undefined)).rejects.toThrow();
    expect(await readFile(test.files.certificate, 'latin1')).toBe(renewed.cert);
  });
});
