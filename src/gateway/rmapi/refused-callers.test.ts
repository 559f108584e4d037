import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../testing/manual-clock.ts';
import { RefusedCallers } from './refused-callers.ts';
import type { RefusedCaller } from './rmapi-deps.ts';
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
  const told: RefusedCaller[] = [];
  const open = () => {
    told.length = 0;
    const clock = new ManualClock();
    const callers = new RefusedCallers(clock, { callerRefused: (caller) => told.push(caller) });
    const refuse = (commonName: string, why = 'w') =>
      callers.tell({ route: 'GET /', why, commonName, peer: undefined });
    return { clock, refuse };
  };

  it('are told once a minute for each name and reason', () => {
    const { clock, refuse } = open();
    for (const _ of '123') refuse('a');
    refuse('b');
    refuse('a', 'other');
    expect(told).toHaveLength(3);
    clock.advance(59_999);
    refuse('a');
    expect(told).toHaveLength(3);
    clock.advance(1);
    refuse('a');
    expect(told).toHaveLength(4);
  });

  it('of ever new names are told 64 a minute', () => {
    const { clock, refuse } = open();
    for (let index = 0; index < 1000; index++) refuse(String(index));
    expect(told).toHaveLength(64);
    clock.advance(60_000);
    refuse('later');
    expect(told).toHaveLength(65);
  });
});
