import { describe, expect, it } from 'vitest';
import { systemClock } from '../../clock.ts';
import { Failure } from '../../errors.ts';
import { createPeopleDoor } from '../../people/create-people-door.ts';
import { MemoryPeopleLedger } from '../../people/ledger/memory-people-ledger.contract.ts';
import type { PeopleDoor } from '../../people/people-door.ts';
import { GatewayContext } from '../gateway-context.ts';
import type { GatewayDeps } from '../gateway-deps.ts';
import { createSurface } from '../surface.ts';
import { testSettings, testSource } from '../test-gateway.contract.ts';

const memoryPeople = (): PeopleDoor =>
  createPeopleDoor({
    ledger: new MemoryPeopleLedger(),
    clock: systemClock,
    serverName: 'example.org',
    nameRule: 'keycloak',
    reserved: new Set(['bot']),
    policy: () => ({
      roles: new Map([['crew', { rooms: [], levels: new Map() }]]) as never,
      defaultRoles: [],
      adminRoles: [],
    }),
    changed: () => undefined,
  });

interface Reply {
  readonly status: number;
  readonly json: Record<string, unknown>;
}

type Call = (
  method: 'GET' | 'PUT' | 'DELETE',
  id: string,
  body?: unknown,
  token?: string,
) => Promise<Reply>;

/** The gateway's surface over these people. */
function callsTo(people: PeopleDoor | undefined): Call {
  const deps = {
    people,
    clock: systemClock,
    facadeKey: new Uint8Array(32),
    current: () => settings,
    events: { received: () => undefined, incident: () => undefined },
    ids: { notification: () => 'incident' },
  } as unknown as GatewayDeps;
  const settings = testSettings([testSource('cluster')]);
  const app = createSurface(new GatewayContext(deps));
  return async (method, id, body, token = 'admin-token') => {
    const reply = await app.inject({
      method,
      url: `/v1/people/${encodeURIComponent(id)}`,
      headers: { authorization: `Bearer ${token}` },
      ...(body !== undefined && { payload: JSON.stringify(body) }),
    });
    return { status: reply.statusCode, json: reply.json() };
  };
}

describe('a person', () => {
  it('is created, shown, revoked and let in again', async () => {
    const people = memoryPeople();
    const call = callsTo(people);
    const body = {
      display_name: 'Äijä',
      roles: ['crew'],
      external_id: { provider: 'oidc-keycloak', id: 'f:1' },
      why: 'joined',
    };
    expect(await call('PUT', 'Äijä', body)).toEqual({
      status: 202,
      json: { id: '=c3=a4ij=c3=a4', revision: 1, standing: 'active' },
    });
    expect((await call('GET', 'Äijä')).json).toMatchObject({
      id: '=c3=a4ij=c3=a4',
      display_name: 'Äijä',
      roles: ['crew'],
      external_id: { provider: 'oidc-keycloak', id: 'f:1' },
      source: 'admin',
      state: 'pending',
    });
    expect((await call('DELETE', 'Äijä', { why: 'left' })).json['standing']).toBe('revoked');
    expect((await call('PUT', 'Äijä', { display_name: 'Aija' })).json['standing']).toBe('revoked');
    expect((await call('PUT', 'Äijä', { active: true })).json['standing']).toBe('active');
    const log = await people.history('Äijä', 10);
    expect(log.map(({ who, what, why }) => [who, what, why])).toEqual([
      ['admin', 'created', undefined],
      ['admin', 'updated', undefined],
      ['admin', 'revoked', 'left'],
      ['admin', 'created', 'joined'],
    ]);
  });

  it('that a directory revokes passes the guard against revoking many', async () => {
    const changes: unknown[] = [];
    const people = memoryPeople();
    const watched: PeopleDoor = {
      ...people,
      change: async (change) => {
        changes.push([change.kind, change.guarded]);
        return await people.change(change);
      },
    };
    const call = callsTo(watched);
    await call('PUT', 'a', { display_name: 'A' });
    await call('PUT', 'a', { active: false });
    await call('DELETE', 'a');
    expect(changes).toEqual([
      ['created', false],
      ['revoked', true],
      ['revoked', true],
    ]);
  });

  it('that nobody has spoken of is not found', async () => {
    expect((await callsTo(memoryPeople())('GET', 'nobody')).status).toBe(404);
  });

  it('with mistakes is refused, and each is named', async () => {
    const call = callsTo(memoryPeople());
    const { status, json } = await call('PUT', 'a', { active: 'True', nickname: 'x', roles: [1] });
    expect(status).toBe(400);
    const places = (json['problems'] as { place: string }[]).map(({ place }) => place);
    expect(places.sort()).toEqual(['active', 'body', 'roles.0']);
    const unknown = await call('PUT', 'a', { roles: ['crew', 'pilot'] });
    expect(unknown.status).toBe(400);
    expect(unknown.json['problems']).toEqual([
      { place: 'roles.1', message: 'There is no role "pilot"; there are: crew.' },
    ]);
    expect((await call('PUT', 'BOT', { active: true })).status).toBe(400);
    expect((await call('PUT', 'a', [])).status).toBe(400);
  });

  it.each([[undefined], [{}], [{ why: 'nightly' }]])(
    'of whom %j says nothing is neither made nor changed',
    async (body) => {
      const call = callsTo(memoryPeople());
      const { status, json } = await call('PUT', 'a', body);
      expect(status).toBe(400);
      expect(json['problems']).toEqual([
        {
          place: 'body',
          message:
            'It says nothing of the person; give active, display_name, roles or external_id.',
        },
      ]);
      expect((await call('GET', 'a')).status).toBe(404);
    },
  );
});

describe('people', () => {
  it('are for operators, and only where there is a deployment', async () => {
    const call = callsTo(memoryPeople());
    expect((await call('PUT', 'a', {}, 'cluster-token')).status).toBe(403);
    expect((await call('GET', 'a', undefined, 'wrong')).status).toBe(401);
    expect((await callsTo(undefined)('PUT', 'a')).status).toBe(404);
  });

  it('are not acknowledged while they cannot be written down', async () => {
    const full: PeopleDoor = {
      ...memoryPeople(),
      change: () => Promise.reject(new Failure('storage_full')),
    };
    expect((await callsTo(full)('DELETE', 'a')).status).toBe(503);
  });
});
