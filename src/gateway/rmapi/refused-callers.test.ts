import { describe, expect, it } from 'vitest';
import { openTestRmapi, otherName, user } from './test-rmapi.contract.ts';

const created = '/api/v1/users/created';
const post = { method: 'POST', body: user };

describe('who is refused is told', () => {
  it('with the name of the certificate and the one that the manifest asks for', async () => {
    await using test = await openTestRmapi({ callerCommonName: 'rasenmaeher2' });
    await test.ask(created);
    expect(test.refusals).toEqual([
      {
        route: `POST ${created}`,
        why: "only rasenmaeher2 may, by the manifest's rasenmaeher.certcn",
        commonName: 'rasenmaeher',
        peer: '127.0.0.1',
      },
    ]);
  });

  it('with what was the matter where there is no name', async () => {
    await using test = await openTestRmapi();
    const certificate = (name: string) => ({ 'x-clientcert-dn': name });
    await test.call(created, post);
    await test.call(created, { ...post, headers: certificate('rubbish') });
    await test.call(created, { ...post, headers: certificate('CN=a,CN=b') });
    await test.ask(created, user, { 'x-rasenmaeher-proxy': '1' });
    expect(test.refusals.map(({ why }) => why)).toEqual([
      'there is no header x-clientcert-dn',
      'x-clientcert-dn is no name of a certificate',
      'the certificate has an empty or too long common name, or several',
      "it comes through the caller's product proxy",
    ]);
  });

  it('from peers that may not say who they are, too', async () => {
    await using test = await openTestRmapi({ trustedProxies: ['10.0.0.0/8'] });
    await test.ask(created);
    expect(test.refusals).toMatchObject([
      { why: 'the peer is none of the trusted proxies', peer: '127.0.0.1' },
    ]);
  });

  it('not where nobody was refused', async () => {
    await using test = await openTestRmapi();
    await test.ask(created);
    const headers = { 'x-clientcert-dn': otherName };
    await test.call('/api/v1/admins/fragment', { headers });
    expect(test.refusals).toEqual([]);
  });
});

describe('refusals', () => {
  it('are told once for each name and reason', async () => {
    await using test = await openTestRmapi({ callerCommonName: 'rasenmaeher2' });
    for (const _ of '123') await test.ask(created);
    await test.call(created, post);
    expect(test.refusals).toHaveLength(2);
  });
});
