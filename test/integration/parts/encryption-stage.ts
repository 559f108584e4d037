import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import type { RoomId, UserId } from '../../../src/matrix/ids.ts';
import { createRoom, type NewRoom } from '../../../src/matrix/rooms.ts';
import type { Session } from '../../../src/matrix/session.ts';
import { freePort } from '../../senders/free-port.ts';
import { type CommandEnd, runCommand } from '../../senders/run-command.ts';
import { type Synapse, startSynapse } from '../../synapse/start-synapse.ts';
import { type Answer, call } from './call.ts';
import { RecordingProxy } from './recording-proxy.ts';
import { ServeProcess } from './serve-process.ts';
import { operatorToken, sourceToken } from './start-gateway.ts';
import { type Member, SynapsePeople, soon } from './synapse-people.ts';

const program = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url));

/** The recovery key as the specification prints it (Client-Server API §11.12.2): twelve groups of four. */
const recoveryKeyPattern = /(?:[1-9A-HJ-NP-Za-km-z]{4} ){11}[1-9A-HJ-NP-Za-km-z]{4}/;

/** What an operator may say of a room beside where it is. */
export interface StageRoom {
  readonly roomId: RoomId;
  readonly sharing?: 'cross-signed' | 'all-devices';
}

/** An account of Bellhop's with an identity, behind a proxy that hears everything it says to a Synapse. */
export class EncryptionStage implements AsyncDisposable {
  readonly synapse: Synapse;
  readonly proxy: RecordingProxy;
  readonly people: SynapsePeople;
  readonly dir: string;
  /** Where the daemon listens. */
  readonly url: string;
  readonly bot: Member;

  private constructor(synapse: Synapse, proxy: RecordingProxy, dir: string, url: string) {
    this.synapse = synapse;
    this.proxy = proxy;
    this.people = new SynapsePeople(synapse);
    this.dir = dir;
    this.url = url;
    const userId = `@bellhop:${synapse.serverName}` as UserId;
    this.bot = { userId, password: 'password of Bellhop' };
  }

  /** Starts all but Bellhop. */
  static async open(): Promise<EncryptionStage> {
    const synapse = await startSynapse({ limits: 'open' });
    const proxy = await RecordingProxy.start(synapse.baseUrl);
    const dir = await mkdtemp(join(tmpdir(), 'bellhop-encryption-'));
    const stage = new EncryptionStage(synapse, proxy, dir, `http://127.0.0.1:${await freePort()}`);
    await stage.write('secret', synapse.registrationSharedSecret);
    await stage.write('password', stage.bot.password);
    return stage;
  }

  /** A secret in the operator's folder. */
  async write(name: string, text: string): Promise<void> {
    await writeFile(join(this.dir, name), text, { mode: 0o600 });
  }

  /** Writes the configuration; its only source may speak in all these rooms. */
  async configure(rooms: Readonly<Record<string, StageRoom>>): Promise<void> {
    const names = Object.keys(rooms);
    const config = {
      data_dir: './data',
      listen: [new URL(this.url).host],
      accounts: { main: { user_id: this.bot.userId, homeserver: this.proxy.baseUrl } },
      rooms: Object.fromEntries(
        Object.entries(rooms).map(([name, { roomId, sharing }]) => [
          name,
          sharing === undefined ? roomId : { room: roomId, sharing },
        ]),
      ),
      sources: { scripts: { token: sourceToken, room: names[0], allow: names } },
      operators: { admin: { token: operatorToken } },
    };
    // JSON is YAML.
    await this.write('bellhop.yaml', JSON.stringify(config));
  }

  /** Registers the account and logs it in; the recovery key that was shown. */
  async register(): Promise<string> {
    const files = ['--secret-file', 'secret', '--password-file', 'password'];
    const shown = await this.ok('register', this.bot.userId, ...files);
    const [recoveryKey] = recoveryKeyPattern.exec(shown) ?? [];
    if (recoveryKey === undefined) throw new Error(`No recovery key: ${shown}`);
    return recoveryKey;
  }

  /** The command in the operator's folder. */
  async bellhop(...args: readonly string[]): Promise<CommandEnd> {
    return await runCommand(process.execPath, [program, ...args], { cwd: this.dir });
  }

  /** Standard output of a command that must end well. */
  async ok(...args: readonly string[]): Promise<string> {
    const end = await this.bellhop(...args);
    expect(end.exit, `bellhop ${args.join(' ')}\n${end.stdout}${end.stderr}`).toBe(0);
    return end.stdout;
  }

  /** `bellhop serve`; not started yet. */
  daemon(): ServeProcess {
    return new ServeProcess(join(this.dir, 'bellhop.yaml'), this.url);
  }

  /** An encrypted room of somebody's; the account is invited. */
  async room(owner: Session, more: NewRoom = {}): Promise<RoomId> {
    const encryption = {
      type: 'm.room.encryption',
      stateKey: '',
      content: { algorithm: 'm.megolm.v1.aes-sha2' },
    };
    const room: NewRoom = { preset: 'public_chat', ...more, initialState: [encryption] };
    return await createRoom(owner, room, soon());
  }

  /** What a source says to the daemon. */
  async call(method: string, path: string, body?: unknown): Promise<Answer> {
    return await call(method, this.url + path, { token: sourceToken, body });
  }

  /** Submits a notification and waits until it is delivered. */
  async notify(room: string, body: string): Promise<void> {
    const answer = await this.call('POST', '/v1/notifications?wait=30s', { room, body });
    expect(answer.status, answer.text).toBe(200);
  }

  /** Submits a notification; its entry's id. */
  async submit(room: string, body: string): Promise<string> {
    const answer = await this.call('POST', '/v1/notifications', { room, body });
    expect(answer.status, answer.text).toBe(202);
    return String(answer.json['id']);
  }

  /** Tries at once whatever waits. */
  async wake(): Promise<void> {
    await call('POST', `${this.url}/v1/wake`, { token: operatorToken });
  }

  /** The checks that `readyz` knows, as text. */
  async readiness(): Promise<string> {
    return (await this.call('GET', '/readyz?verbose')).text;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.people[Symbol.asyncDispose]();
    await this.proxy[Symbol.asyncDispose]();
    await this.synapse.stop();
    await rm(this.dir, { recursive: true, force: true });
  }
}
