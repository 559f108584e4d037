import { writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { type Kept, openCertificateZoo } from '../../src/gateway/rmapi/certificate-zoo.contract.ts';
import { describeWithSynapse } from '../synapse/describe-with-synapse.ts';
import { startSynapse } from '../synapse/start-synapse.ts';
import { freePort } from './parts/free-port.ts';
import { RmapiProcess, userNamed } from './parts/rmapi-process.ts';
import { RmapiRooms } from './parts/rmapi-rooms.ts';

interface Offer {
  readonly ca: string;
  readonly client?: Kept;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A call over TLS; rejects when the listener does not take the client. */
async function say(url: string, action: string, callsign: string, offer: Offer) {
  const { ca, client, headers } = offer;
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: unknown }>();
  const call = request(`${url}/api/v1/users/${action}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    ca,
    cert: client?.cert,
    key: client?.key,
    agent: false,
  });
  call.once('error', reject);
  call.once('response', (response) => {
    json(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject);
  });
  call.end(JSON.stringify(userNamed(callsign)));
  return await promise;
}

await describeWithSynapse('the drop-in with TLS of its own', () => {
  it('takes the caller by its certificate alone, and people end where they belong', async () => {
    await using zoo = await openCertificateZoo();
    const authority = await zoo.authority('Deployment CA');
    const { cert: ca } = authority;
    const extensions = ['extendedKeyUsage=serverAuth', 'subjectAltName=IP:127.0.0.1'];
    const server = await authority.issue('server', { subject: '/CN=listener', extensions });
    const caller = await authority.issue('caller', { subject: '/O=example.org/CN=rasenmaeher' });
    const other = await authority.issue('other', { subject: '/O=example.org/CN=somebody' });
    const key = join(zoo.dir, 'server.key');
    await writeFile(key, server.key);
    await using synapse = await startSynapse({ limits: 'open' });
    await using rooms = await RmapiRooms.open(synapse);
    await using rmapi = await RmapiProcess.prepare(synapse, {
      BELLHOP_RECONCILE_INTERVAL: '1s',
      BELLHOP_RMAPI_HEALTH_LISTEN: `127.0.0.1:${await freePort()}`,
      BELLHOP_RMAPI_TLS_CERT: server.path,
      BELLHOP_RMAPI_TLS_KEY: key,
      BELLHOP_RMAPI_TLS_CLIENT_CA: authority.path,
    });
    // Ready when its own health check, which has no certificate, says so.
    await rmapi.start();
    const url = rmapi.url.replace('http:', 'https:');
    await rooms.people.arrive('norppa');
    const headers = { 'x-clientcert-dn': 'CN=rasenmaeher' };
    await expect(say(url, 'created', 'norppa-1', { ca, headers })).rejects.toThrow();
    const refused = await say(url, 'created', 'norppa-1', { ca, headers, client: other });
    expect(refused).toEqual({ status: 403, body: { detail: 'Forbidden' } });
    for (const action of ['created', 'promoted']) {
      expect(await say(url, action, 'NORPPA-1', { ca, client: caller })).toEqual({
        status: 200,
        body: { success: true, extra: null, error: null },
      });
    }
    await rooms.whenIn('norppa-1', { space: 'join 100', admin: 'join', general: 'join 100' });
  });
});
