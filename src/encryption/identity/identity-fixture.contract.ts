import { randomBytes } from 'node:crypto';
import { loginPassword } from '../../matrix/login.ts';
import { openNodeHomeserver } from '../../matrix/node-homeserver.ts';
import type { Session } from '../../matrix/session.ts';
import {
  type FakeHomeserver,
  type FakeUser,
  startFakeHomeserver,
} from '../../testing/fake-homeserver.ts';
import type { CryptoDevice } from '../crypto-device.ts';
import { Identities, type IdentityOwner } from './identities.ts';
import { type FakeStore, fakeStore, openFakeDevice } from './identity-only-device.contract.ts';

export const signal: AbortSignal = new AbortController().signal;

export interface OpenedIdentity {
  readonly owner: IdentityOwner;
  readonly identities: Identities;
  readonly device: CryptoDevice;
}

/** One account on a homeserver of its own. */
export class IdentityFixture implements AsyncDisposable {
  readonly server: FakeHomeserver;
  readonly user: FakeUser;

  /** Every request that changed something of keys or account data, in order: what stands behind its prefix. */
  readonly changes: string[] = [];

  constructor(server: FakeHomeserver) {
    this.server = server;
    server.onExchange(({ method, path }) => {
      const [, change] = /\/(?:keys|account_data)\/(.+)$/.exec(path) ?? [];
      if (method !== 'GET' && change !== undefined && change !== 'query') this.changes.push(change);
    });
    this.user = server.createUser('bot', { deviceId: 'FIRST' });
  }

  static async start(): Promise<IdentityFixture> {
    return new IdentityFixture(await startFakeHomeserver());
  }

  /** The session of a device; another than the first is logged in. */
  async session(deviceId = 'FIRST'): Promise<Session> {
    const homeserver = openNodeHomeserver(this.server.baseUrl);
    const { userId, password, accessToken } = this.user;
    if (deviceId === 'FIRST') return { homeserver, accessToken, userId, deviceId };
    const login = await loginPassword(homeserver, { user: userId, password, deviceId }, signal);
    return { homeserver, accessToken: login.accessToken, userId, deviceId };
  }

  store(deviceId = 'FIRST'): FakeStore {
    return fakeStore(this.user.userId, deviceId);
  }

  /** A process opens a store: its own chance, its own memory. */
  async open(store: FakeStore): Promise<OpenedIdentity> {
    const device = openFakeDevice(store);
    const owner = { account: 'main', session: await this.session(store.deviceId), device };
    return { owner, identities: new Identities(randomBytes), device };
  }

  /** Sets an account up that had nothing. */
  async setUp(store: FakeStore): Promise<string> {
    const { owner, identities } = await this.open(store);
    return (await identities.setUp(owner, noPassword, signal)).recoveryKey;
  }

  async judge(store: FakeStore): Promise<string> {
    const { owner, identities } = await this.open(store);
    return await identities.judge(owner, signal);
  }

  readonly password = async (): Promise<string> => await Promise.resolve(this.user.password);

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.stop();
  }
}

export const noPassword = async (): Promise<undefined> => await Promise.resolve(undefined);
