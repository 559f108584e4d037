import type { RequestOptions } from 'node:http';
import type { Clock } from '../../clock.ts';
import { createPeopleDoor } from '../../people/create-people-door.ts';
import { MemoryPeopleLedger } from '../../people/ledger/memory-people-ledger.contract.ts';
import type { NameRule } from '../../people/localpart.ts';
import type { PeopleDoor } from '../../people/people-door.ts';
import { ManualClock } from '../../testing/manual-clock.ts';
import { type Answer, httpCall, portOf } from '../test-gateway.contract.ts';
import { openRmapiServer, type RmapiServer } from './open-rmapi-server.ts';
import type { RefusedCaller, RmapiDeps, RmapiEvents, RmapiSettings } from './rmapi-deps.ts';

/** What the original does without a manifest. */
export const fallbackSettings: RmapiSettings = {
  listen: '127.0.0.1:0',
  deployment: 'manifest_notfound',
  callerCommonName: 'rasenmaeher',
  deployUrl: 'https://localmaeher.dev.pvarki.fi:4439/',
  homeserverUrl: 'https://synapse.localmaeher.dev.pvarki.fi:4439',
  certificateHeader: 'X-ClientCert-DN',
  linkerd: undefined,
  trustedProxies: ['127.0.0.0/8'],
  tls: undefined,
  healthListen: undefined,
  health: 'always',
  uiDirectory: undefined,
};

/** The caller's certificate as nginx names it. */
export const callerName = 'CN=rasenmaeher,O=harjoitus1.pvarki.fi,L=KeskiSuomi,ST=Jyvaskyla,C=FI';
export const otherName = 'CN=harjoitus1.pvarki.fi,O=harjoitus1.pvarki.fi,L=KeskiSuomi,C=FI';

export const user = {
  uuid: '3ede23ae-eff2-4aa8-b7ef-7fac68c39988',
  callsign: 'ROTTA01a',
  x509cert: 'x',
} as const;

export interface TestRmapi extends AsyncDisposable {
  readonly address: string;
  readonly people: PeopleDoor;
  readonly clock: Clock;
  readonly incidents: unknown[];
  readonly refusals: RefusedCaller[];
  readonly lifecycle: Parameters<RmapiEvents['lifecycle']>[0][];
  readonly trust: ('replaced' | 'refused' | 'lost')[];
  readonly healthAddress: string | undefined;
  lookAtTls: RmapiServer['lookAtTls'];
  close(deadlineMs: number): Promise<void>;
  /** One request over a connection of its own; an object as body is sent as JSON. */
  call(path: string, options?: RequestOptions & { readonly body?: unknown }): Promise<Answer>;
  /** A call of the caller's. */
  ask(path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
}

/** The drop-in on a port of its own, over people who are only kept in memory. */
export async function openTestRmapi(
  settings: Partial<RmapiSettings> = {},
  more: Partial<RmapiDeps> & { readonly nameRule?: NameRule } = {},
): Promise<TestRmapi> {
  const clock = more.clock ?? new ManualClock();
  const people = createPeopleDoor({
    ledger: new MemoryPeopleLedger(),
    clock,
    serverName: 'localmaeher.dev.pvarki.fi',
    nameRule: more.nameRule ?? 'strict',
    reserved: new Set(['matrixrmapi-bot', 'rasenmaeher']),
    policy: () => ({ roles: new Map(), defaultRoles: [], adminRoles: [] }),
    changed: () => undefined,
  });
  const incidents: unknown[] = [];
  const refusals: RefusedCaller[] = [];
  const lifecycle: TestRmapi['lifecycle'] = [];
  const trust: TestRmapi['trust'] = [];
  const server = await openRmapiServer({
    settings: { ...fallbackSettings, ...settings },
    people,
    events: {
      lifecycle: (call) => lifecycle.push(call),
      callerRefused: (refused) => refusals.push(refused),
      handshakeFailed: () => undefined,
      incident: ({ cause }) => incidents.push(cause),
      trustReplaced: () => trust.push('replaced'),
      trustRefused: () => trust.push('refused'),
      trustLost: () => trust.push('lost'),
    },
    readiness: () => Promise.resolve({ ready: true, checks: [{ name: 'store', ok: true }] }),
    version: '0.0.0',
    ...more,
    clock,
  });
  const where = { host: '127.0.0.1', port: portOf(server.address) };
  const call: TestRmapi['call'] = async (path, { body, headers, ...options } = {}) => {
    const isRaw = body === undefined || typeof body === 'string' || Buffer.isBuffer(body);
    const type = isRaw ? {} : { 'content-type': 'application/json' };
    const sent = isRaw ? body : JSON.stringify(body);
    return await httpCall({ ...where, path, headers: { ...type, ...headers }, ...options }, sent);
  };
  return {
    address: server.address,
    healthAddress: server.healthAddress,
    people,
    clock,
    incidents,
    refusals,
    lifecycle,
    trust,
    lookAtTls: () => server.lookAtTls(),
    close: (deadlineMs) => server.close(deadlineMs),
    call,
    ask: async (path, body = user, headers = {}) =>
      await call(path, {
        method: 'POST',
        body,
        headers: { 'x-clientcert-dn': callerName, ...headers },
      }),
    [Symbol.asyncDispose]: async () => await server.close(0),
  };
}

/** How often the listener looks at its files, in milliseconds. */
const lookMs = 2000;

/**
 * Lets time pass until the listener has looked at its files and taken, or refused, what it found. Time stands still while
 * it looks, however long its disk takes: else its certificates would expire meanwhile.
 */
export async function looked(test: TestRmapi, events: number): Promise<void> {
  const clock = test.clock as ManualClock;
  while (test.trust.length < events) {
    const { nextDueMs = Number.POSITIVE_INFINITY } = clock;
    if (nextDueMs <= lookMs) clock.advance(nextDueMs);
    await new Promise(setImmediate);
  }
}
