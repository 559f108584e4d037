import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../clock.ts';
import type { Homeserver } from '../matrix/homeserver.ts';
import type { RoomId } from '../matrix/ids.ts';
import { openNodeHomeserver } from '../matrix/node-homeserver.ts';
import type { Session } from '../matrix/session.ts';
import {
  type FakeHomeserver,
  type FakeUser,
  startFakeHomeserver,
} from '../testing/fake-homeserver.ts';
import type { Exchange } from '../testing/homeserver/exchange.ts';
import { whenCount } from '../testing/homeserver/when-count.ts';
import { OlmClient } from '../testing/olm-client.contract.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import type { CryptoDevices, RoomNews } from './crypto-device.ts';
import type { Encryption } from './encryption.ts';
import type { EncryptionPorts } from './encryption-ports.ts';
import { Identities } from './identity/identities.ts';
import { openEncryption } from './open-encryption.ts';

/** No step on this machine takes longer. */
const stepMsMax = 10_000;

const key = new Uint8Array(32).fill(7);
const password = 'password';

/** One thing that encryption reported. */
export type Report =
  | { readonly kind: 'identity'; readonly account: string; readonly state: string }
  | { readonly kind: 'crashed' }
  | { readonly kind: 'withheld'; readonly roomId: string; readonly devices: number }
  | { readonly kind: 'news'; readonly news: readonly RoomNews[] };

/** Accounts with real stores and a real engine, at a homeserver that is not, and readers at the other end. */
export class EncryptionFixture implements AsyncDisposable {
  readonly homeserver: FakeHomeserver;
  readonly devices: CryptoDevices;
  readonly identities: Identities;
  readonly reports: Report[] = [];
  readonly exchanges: Exchange[] = [];
  readonly users: Map<string, FakeUser> = new Map();
  readonly #directory: string;
  readonly #speaker: Homeserver;
  readonly #opened: Encryption[] = [];
  readonly #listeners = new Set<() => void>();
  #txn = 0;

  private constructor(homeserver: FakeHomeserver, directory: string, devices: CryptoDevices) {
    this.homeserver = homeserver;
    this.devices = devices;
    this.#directory = directory;
    this.#speaker = openNodeHomeserver(homeserver.baseUrl, { connections: 32 });
    const random = seededRandom(2);
    this.identities = new Identities((bytes) =>
      Uint8Array.from({ length: bytes }, () => Math.floor(random() * 256)),
    );
    homeserver.onExchange((exchange) => {
      this.exchanges.push(exchange);
      this.#tell();
    });
  }

  /** `devices` are closed by whoever opened them: starting a thread takes longer than most tests. */
  static async open(devices: CryptoDevices): Promise<EncryptionFixture> {
    const directory = await mkdtemp(join(tmpdir(), 'bellhop-encryption-'));
    return new EncryptionFixture(await startFakeHomeserver(), directory, devices);
  }

  /** A user who speaks under the name of its account, with an identity of its own unless `bare`. */
  async addAccount(account: string, bare = false): Promise<FakeUser> {
    const user = this.homeserver.createUser(account);
    this.users.set(account, user);
    if (!bare) await this.setUpIdentity(account);
    return user;
  }

  /** As another program does that has the store to itself. */
  async setUpIdentity(account: string): Promise<void> {
    const session = this.#session(account);
    const { userId, deviceId } = session;
    const file = join(this.#directory, `${account}.db`);
    const device = await this.devices.open({ account, userId, deviceId, file, key });
    const owner = { account, session, device };
    await this.identities.setUp(owner, async () => await Promise.resolve(undefined), this.limit());
    await device.close();
  }

  /** A user who reads, on a device that its identity has signed. */
  async addReader(name: string): Promise<OlmClient> {
    const reader = await OlmClient.start(
      this.homeserver.baseUrl,
      this.homeserver.createUser(name, { password }),
    );
    const { keys, signatures } = await reader.makeIdentity();
    await reader.call('POST', '/keys/device_signing/upload', keys);
    await reader.call('POST', '/keys/signatures/upload', signatures);
    await reader.sync();
    return reader;
  }

  /** Another device of a reader, which nobody has signed. */
  async addDevice(reader: OlmClient): Promise<OlmClient> {
    const { user } = reader;
    const identifier = { type: 'm.id.user', user: user.userId };
    const login = { type: 'm.login.password', identifier, password };
    const body = JSON.stringify({ ...login, device_id: 'LATER' });
    const answer = JSON.parse(await reader.call('POST', '/login', body)) as Record<string, string>;
    const { access_token: accessToken = '', device_id: deviceId = '' } = answer;
    return await OlmClient.start(this.homeserver.baseUrl, {
      userId: user.userId,
      deviceId,
      accessToken,
    });
  }

  encryption(options: Partial<EncryptionPorts> = {}): Encryption {
    const report = (one: Report): void => {
      this.reports.push(one);
      this.#tell();
    };
    const opened = openEncryption([...this.users.keys()], {
      devices: this.devices,
      sessions: {
        withSession: async (account, operation) => await operation(this.#session(account)),
      },
      clock: systemClock,
      random: seededRandom(3),
      key: () => key,
      directory: this.#directory,
      identities: this.identities,
      events: {
        identity: (account, state) => report({ kind: 'identity', account, state }),
        crashed: () => report({ kind: 'crashed' }),
        withheld: (_account, roomId, devices) => report({ kind: 'withheld', roomId, devices }),
        roomNews: (_account, news) => report({ kind: 'news', news }),
      },
      follow: true,
      ...options,
    });
    this.#opened.push(opened);
    return opened;
  }

  /** Encrypts a message and sends it; the content that was sent. */
  async say(
    encryption: Encryption,
    account: string,
    roomId: RoomId,
    body: string,
    sharing: 'cross-signed' | 'all-devices' = 'cross-signed',
  ): Promise<{ readonly session_id: string }> {
    const content = JSON.stringify({ body, msgtype: 'm.text' });
    const type = 'm.room.message';
    const encrypted = await encryption.encrypt(
      { account, roomId, type, content, sharing },
      this.limit(),
    );
    const { accessToken } = this.#session(account);
    const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/send/m.room.encrypted/t${++this.#txn}`;
    const { status } = await this.#speaker.request({
      method: 'PUT',
      path,
      accessToken,
      body: encrypted,
    });
    if (status !== 200) throw new Error(`The message was answered with ${status}.`);
    return JSON.parse(encrypted) as { readonly session_id: string };
  }

  /** What a reader makes of a room's messages: their bodies, or `undefined` for what it cannot read. */
  async read(reader: OlmClient, roomId: RoomId): Promise<readonly unknown[]> {
    await reader.sync();
    return await Promise.all(
      this.homeserver.messages(roomId).map(async (event) => {
        const content = await reader.decrypt(roomId, event).catch(() => undefined);
        return content?.['body'];
      }),
    );
  }

  /** Resolves when `happened` counts at least `count`; looked at after each report and exchange. */
  async when(happened: () => number, count = 1): Promise<void> {
    const listen = (listener: () => void) => {
      this.#listeners.add(listener);
      return () => {
        this.#listeners.delete(listener);
      };
    };
    await whenCount(happened, count, listen, stepMsMax);
  }

  /** Ends a step that hangs. */
  limit(): AbortSignal {
    return AbortSignal.timeout(stepMsMax);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const opened of this.#opened) await opened.close();
    await this.#speaker.close();
    await this.homeserver.stop();
    await rm(this.#directory, { recursive: true });
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }

  #session(account: string): Session {
    const user = this.users.get(account);
    if (user === undefined) throw new Error(`There is no account ${account}.`);
    const { accessToken, userId, deviceId } = user;
    return { homeserver: this.#speaker, accessToken, userId, deviceId };
  }
}
