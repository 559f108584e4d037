import { tmpdir } from 'node:os';
import type { MatrixRequest } from '../matrix/homeserver.ts';
import type { RoomId, UserId } from '../matrix/ids.ts';
import { type ScriptedAnswer, scriptedHomeserver } from '../matrix/scripted-homeserver.contract.ts';
import type { Session } from '../matrix/session.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { DeviceSession } from './device-session.ts';
import type { Encryption, EncryptRequest, IdentityState } from './encryption.ts';
import { FakeCryptoDevice, FakeCryptoDevices } from './fake-crypto-device.contract.ts';
import { openEncryption } from './open-encryption.ts';

export const roomId = '!room:example.org' as RoomId;

/** A request of the account `main`. */
export const message: EncryptRequest = {
  account: 'main',
  roomId,
  type: 'm.room.message',
  content: '{"body":"hello"}',
  sharing: 'cross-signed',
};

/** The account `main` with devices that do no cryptography, at a homeserver that says what it is told to. */
export class ScriptedAccount implements AsyncDisposable {
  readonly clock: ManualClock = new ManualClock();
  readonly homeserver: ReturnType<typeof scriptedHomeserver>;
  readonly devices: FakeCryptoDevices;
  readonly events: string[] = [];
  /** What the account's session is of. */
  deviceId = 'DEVICE1';
  /** What identities are judged to be. */
  identity: IdentityState = 'ok';
  /** What a request waits for on its way. */
  waits: (request: MatrixRequest) => Promise<void> = () => Promise.resolve();
  /** How an opening is remembered. */
  remember: (session: Session) => Promise<void> = () => Promise.resolve();
  /** An answer other than the usual one. */
  answer: (request: MatrixRequest) => ScriptedAnswer | undefined = () => undefined;
  readonly #opened: Encryption[] = [];

  constructor(make: (openings: number) => FakeCryptoDevice = () => new FakeCryptoDevice()) {
    this.devices = new FakeCryptoDevices(make);
    this.homeserver = scriptedHomeserver((request) => this.answer(request) ?? usual(request));
  }

  /** Every request so far, as method and path without query, those of one kind when `end` is given. */
  lines(end = ''): readonly string[] {
    return this.homeserver.requests
      .map(({ method, path }) => `${method} ${path.replace(/\?.*/, '')}`)
      .filter((line) => line.endsWith(end));
  }

  /** The n-th device that was opened, counted from 1. */
  device(opening = 1): FakeCryptoDevice {
    const opened = this.devices.opened[opening - 1];
    if (opened === undefined) throw new Error(`There was no opening ${opening}.`);
    return opened.device;
  }

  async session(): Promise<DeviceSession> {
    return await DeviceSession.of('main', this.#sessions, new AbortController().signal);
  }

  encryption(follow = false, key: () => Uint8Array = () => new Uint8Array(32)): Encryption {
    const opened = openEncryption(['main'], {
      devices: this.devices,
      sessions: this.#sessions,
      clock: this.clock,
      random: () => 0,
      key,
      directory: tmpdir(),
      identities: {
        examine: async () =>
          await Promise.resolve({
            state: this.identity,
            remember: async (session: Session) => await this.remember(session),
          }),
      },
      events: {
        identity: (_account, state) => this.events.push(`identity ${state}`),
        crashed: () => this.events.push('crashed'),
        withheld: (_account, _roomId, devices) => this.events.push(`withheld ${devices}`),
        roomNews: (_account, news) => this.events.push(`news ${news.length}`),
      },
      follow,
    });
    this.#opened.push(opened);
    return opened;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const opened of this.#opened) await opened.close();
  }

  #session(): Session {
    const { deviceId } = this;
    const homeserver = {
      ...this.homeserver,
      request: async (request: MatrixRequest) => {
        await this.waits(request);
        return await this.homeserver.request(request);
      },
    };
    return { homeserver, accessToken: 'token', userId: '@bot:example.org' as UserId, deviceId };
  }

  readonly #sessions = {
    withSession: async <Result>(
      _account: string,
      operation: (session: Session) => Promise<Result>,
    ): Promise<Result> => {
      const { deviceId } = this;
      try {
        return await operation(this.#session());
      } catch (error) {
        if (deviceId === this.deviceId) throw error;
        // As an account does whose token was replaced by another process.
        return await operation(this.#session());
      }
    },
  };
}

function usual({ path }: MatrixRequest): ScriptedAnswer {
  if (path.includes('/sync?')) return { json: { next_batch: 's1' } };
  if (path.includes('/m.room.encryption/')) {
    return { json: { algorithm: 'm.megolm.v1.aes-sha2', rotation_period_msgs: 7 } };
  }
  if (path.includes('/m.room.history_visibility/')) {
    return { json: { history_visibility: 'joined' } };
  }
  if (path.endsWith('/joined_members')) return { json: { joined: { '@a:example.org': {} } } };
  if (path.includes('/members?')) return { json: { chunk: [] } };
  return { json: {} };
}
