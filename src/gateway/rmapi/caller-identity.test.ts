import { describe, expect, it } from 'vitest';
import { callerName, openTestRmapi, otherName, user } from './test-rmapi.contract.ts';

const created = '/api/v1/users/created';
const anybody = '/api/v1/admins/fragment';

async function statusWith(
  headers: Record<string, string | string[]>,
  settings: Parameters<typeof openTestRmapi>[0] = {},
): Promise<[number | undefined, unknown]> {
  await using test = await openTestRmapi(settings);
  const answer = await test.call(created, { method: 'POST', body: user, headers });
  return [answer.status, JSON.parse(answer.body).detail];
}

describe('the certificate header', () => {
  it('counts only from proxies that are trusted', async () => {
    const headers = { 'x-clientcert-dn': callerName };
    expect(await statusWith(headers, { trustedProxies: ['10.0.0.0/8'] })).toEqual([
      403,
      'Not authenticated',
    ]);
    expect(await statusWith(headers, { trustedProxies: ['127.0.0.1'] })).toEqual([200, undefined]);
  });

  it('has the name that was configured', async () => {
    const settings = { certificateHeader: 'X-SSL-Subject' };
    expect(await statusWith({ 'x-ssl-subject': callerName }, settings)).toEqual([200, undefined]);
    expect(await statusWith({ 'x-clientcert-dn': callerName }, settings)).toEqual([
      403,
      'Not authenticated',
    ]);
    expect(await statusWith({ X_ClientCert_DN: callerName })).toEqual([403, 'Not authenticated']);
  });

  it.each([
    [['CN=rasenmaeher', 'CN=evil'], 'Invalid authentication'],
    [['CN=rasenmaeher', 'CN=rasenmaeher'], 'Invalid authentication'],
    [['', 'CN=rasenmaeher'], 'Invalid authentication'],
    ['CN=rasenmaeher, CN=evil', 'Invalid authentication'],
    ['cn=rasenmaeher', 'Invalid authentication'],
    ['2.5.4.3=rasenmaeher,CN=rasenmaeher', 'Invalid authentication'],
    ['CN=#0c0b726173656e6d6165686572', 'Invalid authentication'],
    ['CN=', 'Invalid authentication'],
    [`CN=${'r'.repeat(65)}`, 'Invalid authentication'],
    ['O=x\\\\,CN=rasenmaeher\\,', 'Forbidden'],
    ['O=x\\,CN=rasenmaeher', 'Forbidden'],
    ['CN=Rasenmaeher', 'Forbidden'],
    ['CN=rasenmaeher\\ ,O=x', 'Forbidden'],
    ['CN=rasenmaeher\\ ', 'Invalid authentication'],
    [`CN=${Buffer.from('r\u0430senmaeher').toString('latin1')}`, 'Forbidden'],
    ['CN=r\\D0\\B0senmaeher', 'Forbidden'],
    ['CN=\\FF', 'Invalid authentication'],
    ['CN=rasenmaeher\\00', 'Invalid authentication'],
  ])('that says %j is refused', async (value, detail) => {
    expect(await statusWith({ 'x-clientcert-dn': value })).toEqual([403, detail]);
  });

  it.each(['2.5.4.3=rasenmaeher', 'CN=rasenm\\61eher', 'O=J\\C3\\A4\\2C \\#1,CN=rasenmaeher'])(
    'that says %j is the caller',
    async (value) => {
      expect(await statusWith({ 'x-clientcert-dn': value })).toEqual([200, undefined]);
    },
  );

  it('that is too large is refused before it is read', async () => {
    await using test = await openTestRmapi();
    const headers = { 'x-clientcert-dn': `CN=${'x'.repeat(20_000)}` };
    expect((await test.call(anybody, { headers })).status).toBe(431);
  });

  it('is not replaced by an RFC 9440 header, broken or not', async () => {
    for (const value of [':AAAA:', ':%%%:', 'rubbish']) {
      expect(await statusWith({ 'client-cert': value, 'client-cert-chain': value })).toEqual([
        403,
        'Not authenticated',
      ]);
    }
  });
});

describe('Linkerd identities', () => {
  const ingress = 'ingress.pvarki.serviceaccount.identity.linkerd.cluster.local';
  const service = 'battlelog.pvarki.serviceaccount.identity.linkerd.cluster.local';
  const trusting = {
    headerName: 'l5d-client-id',
    ingressIdentities: [ingress],
    required: false,
  };
  const strict = { ...trusting, required: true };
  const certificate = { 'x-clientcert-dn': otherName };

  it.each([
    ['legacy-noauth', undefined, {}, 403],
    ['legacy-cert', undefined, certificate, 200],
    ['lateral-service', trusting, { 'l5d-client-id': service }, 200],
    ['ingress-cert', trusting, { 'l5d-client-id': ingress, ...certificate }, 200],
    ['ingress-nocert', trusting, { 'l5d-client-id': ingress }, 403],
    ['spoofed-cert-ignored', trusting, { 'l5d-client-id': service, ...certificate }, 200],
    ['migration-unmeshed-cert', trusting, certificate, 200],
    ['l5d-disabled-uses-cert', undefined, { 'l5d-client-id': service, ...certificate }, 200],
    ['strict-ingress-cert', strict, { 'l5d-client-id': ingress, ...certificate }, 200],
    ['strict-no-l5d-fails', strict, certificate, 403],
  ])('%s', async (_name, linkerd, headers, status) => {
    await using test = await openTestRmapi({ linkerd });
    expect((await test.call(anybody, { headers })).status).toBe(status);
  });

  it('a service of the mesh is not the caller, whatever certificate header it sends', async () => {
    const headers = { 'l5d-client-id': service, 'x-clientcert-dn': callerName };
    expect(await statusWith(headers, { linkerd: trusting })).toEqual([403, 'Forbidden']);
    const twice = { 'l5d-client-id': [ingress, service], 'x-clientcert-dn': callerName };
    expect(await statusWith(twice, { linkerd: trusting })).toEqual([403, 'Invalid authentication']);
  });
});
