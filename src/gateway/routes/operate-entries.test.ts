import { describe, expect, it } from 'vitest';
import {
  openTestGateway,
  type TestGateway,
  testSettings,
  testSource,
} from '../test-gateway.contract.ts';

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const open = () => openTestGateway(testSettings([testSource('cluster'), testSource('other')]));

async function send(test: TestGateway, token = 'cluster-token', body = 'hello'): Promise<string> {
  const reply = await test.inject({
    method: 'POST',
    url: '/v1/notifications',
    headers: bearer(token),
    payload: body,
  });
  return reply.json().id;
}

const get = (test: TestGateway, path: string, token = 'cluster-token') =>
  test.inject({ method: 'GET', url: `/v1/notifications${path}`, headers: bearer(token) });
const post = (test: TestGateway, path: string, token = 'admin-token') =>
  test.inject({ method: 'POST', url: `/v1/notifications${path}`, headers: bearer(token) });
const remove = (test: TestGateway, path: string, token = 'cluster-token') =>
  test.inject({ method: 'DELETE', url: `/v1/notifications${path}`, headers: bearer(token) });

describe('looking at notifications', () => {
  it('does not take a notification that is put into a GET for a reading', async () => {
    await using test = await open();
    const headers = bearer('cluster-token');
    const url = '/v1/notifications';
    const sent = await test.inject({ method: 'GET', url, headers, payload: 'synced' });
    expect(sent.statusCode).toBe(400);
    expect(sent.json().detail).toContain('use POST or /hooks');
    for (const query of ['?title=synced', '?status=dead']) {
      const reply = await get(test, query);
      expect([query, reply.statusCode]).toEqual([query, 400]);
      expect(reply.body).toContain('not a filter');
    }
    const typed = { ...headers, 'content-type': 'application/json' };
    expect((await test.inject({ method: 'GET', url, headers: typed })).statusCode).toBe(200);
    expect(
      (await test.inject({ method: 'GET', url: `${url}?token=cluster-token` })).statusCode,
    ).toBe(200);
  });

  it('shows a source its own, and operators all', async () => {
    await using test = await open();
    const id = await send(test);
    const reply = await get(test, `/${id}`);
    expect(reply.statusCode).toBe(200);
    expect(reply.json()).toMatchObject({
      id,
      state: 'queued',
      source: 'cluster',
      entries: [{ id: `${id}-1`, room: 'ops', state: 'queued', attempts: 0 }],
    });
    expect((await get(test, `/${id}-1`)).statusCode).toBe(200);
    expect((await get(test, `/${id}`, 'admin-token')).statusCode).toBe(200);
    expect((await get(test, `/${id}`, 'other-token')).statusCode).toBe(404);
    expect((await get(test, `/${id}-2`)).statusCode).toBe(404);
    expect((await get(test, '/nonsense')).statusCode).toBe(404);
    expect((await get(test, '', 'wrong')).statusCode).toBe(401);
  });

  it('lists with filters, page by page', async () => {
    await using test = await open();
    const ids = [await send(test), await send(test), await send(test, 'other-token')];
    await test.deliver();
    ids.push(await send(test));
    const list = async (query: string, token = 'admin-token') => {
      const { entries, next } = (await get(test, query, token)).json();
      return {
        ids: entries.map((entry: { notification_id: string }) => entry.notification_id),
        next,
      };
    };
    expect(await list('')).toEqual({ ids, next: null });
    expect((await list('', 'cluster-token')).ids).toEqual([ids[0], ids[1], ids[3]]);
    expect((await list('?source=other', 'cluster-token')).ids).toEqual([ids[0], ids[1], ids[3]]);
    expect((await list('?source=other')).ids).toEqual([ids[2]]);
    expect((await list('?state=queued')).ids).toEqual([ids[3]]);
    expect((await list('?room=ops&state=delivered,dead')).ids).toEqual(ids.slice(0, 3));
    expect((await list('?room=deploys')).ids).toEqual([]);
    const first = await list('?limit=3');
    expect(first).toEqual({ ids: ids.slice(0, 3), next: `${ids[2]}-1` });
    expect((await list(`?limit=3&after=${first.next}`)).ids).toEqual([ids[3]]);
    for (const query of [
      '?state=lost',
      '?limit=0',
      '?limit=x',
      '?older_than=never',
      '?room=opss',
    ]) {
      expect((await get(test, query, 'admin-token')).statusCode).toBe(400);
    }
  });
});

describe('operating', () => {
  it('is for operators only', async () => {
    await using test = await open();
    const id = await send(test);
    for (const action of ['wake', 'redrive', 'cancel']) {
      const reply = await post(test, `/${id}/${action}`, 'cluster-token');
      expect(reply.statusCode).toBe(403);
      expect(reply.json().code).toBe('operator_only');
    }
  });

  it('cancels what is queued, and says so when it is too late', async () => {
    await using test = await open();
    const id = await send(test);
    const reply = await post(test, `/${id}/cancel`);
    expect(reply.json()).toEqual({ results: [{ id: `${id}-1`, ok: true }] });
    expect((await get(test, `/${id}`)).json().state).toBe('cancelled');
    const again = await post(test, `/${id}/cancel`);
    expect(again.statusCode).toBe(409);
    expect(again.json().problems).toEqual([{ place: `${id}-1`, message: 'is cancelled' }]);
    expect((await post(test, '/01ARZ3NDEKTSV4RRFFQ69G5FAV/cancel')).statusCode).toBe(404);
  });

  it('redrives what is dead under a new id, what is ambiguous only by force', async () => {
    await using test = await open();
    const id = await send(test);
    await test.deliver((seq) => ({ seq, state: 'dead', reason: 'ambiguous', error: '?', at: 1 }));
    expect((await post(test, `/${id}/redrive`)).statusCode).toBe(409);
    const reply = await post(test, `/${id}/redrive?force=true`);
    expect(reply.statusCode).toBe(200);
    const [result] = reply.json().results;
    expect(result).toMatchObject({ id: `${id}-1`, ok: true, new_id: expect.any(String) });
    expect((await get(test, `/${id}`)).json().state).toBe('superseded');
    expect((await get(test, `/${result.new_id}`)).json().state).toBe('queued');
  });

  it('wakes the lanes of a notification, or all', async () => {
    await using test = await open();
    const id = await send(test);
    expect((await post(test, `/${id}/wake`)).statusCode).toBe(200);
    const all = await test.inject({
      method: 'POST',
      url: '/v1/wake',
      headers: bearer('admin-token'),
    });
    expect(all.statusCode).toBe(204);
    expect(test.woken).toEqual([`${id}-1`, undefined]);
  });
});

describe('DELETE', () => {
  it('cancels what has not left', async () => {
    await using test = await open();
    const id = await send(test);
    const reply = await remove(test, `/${id}`);
    expect(reply.statusCode).toBe(200);
    expect(reply.json().state).toBe('cancelled');
    expect(await test.contents()).toHaveLength(1);
  });

  it('redacts what was delivered, once', async () => {
    await using test = await open();
    const id = await send(test);
    await test.deliver();
    const reply = await remove(test, `/${id}`);
    expect(reply.statusCode).toBe(202);
    expect((await remove(test, `/${id}`)).json()).toEqual(reply.json());
    const contents = await test.contents();
    expect(contents).toHaveLength(2);
    expect(contents[1]).toEqual({
      room: '#ops:example.org',
      type: 'm.room.redaction',
      content: { redacts: `$event-of-${id}-1` },
    });
    await test.deliver();
    expect((await remove(test, `/${id}`)).statusCode).toBe(200);
  });

  it("does not touch another source's", async () => {
    await using test = await open();
    const id = await send(test);
    expect((await remove(test, `/${id}`, 'other-token')).statusCode).toBe(404);
    expect((await remove(test, `/${id}`, 'admin-token')).statusCode).toBe(200);
  });
});
