import { createHmac } from 'node:crypto';
import type { UserId } from '../../matrix/ids.ts';

/** A homeserver that the contract can be held against. */
export interface ContractHomeserver {
  readonly baseUrl: string;
  readonly serverName: string;
  readonly registrationSharedSecret: string;
  /** Memory is lost, what is on disk stays. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface CallOptions {
  readonly token?: string;
  readonly body?: unknown;
  /** A body as it is, instead of `body`. */
  readonly raw?: string | Uint8Array<ArrayBuffer>;
  readonly contentType?: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly json: Record<string, unknown>;
}

export interface Person {
  readonly userId: UserId;
  /** The localpart. */
  readonly name: string;
  readonly token: string;
}

/** Of everybody on the stage. */
export const password = 'pass phrase';
/** A real homeserver on a busy machine may be slow; none of these calls waits for anything. */
const callDeadlineMs = 30_000;

/** A person's device that registering made. */
export interface Device {
  readonly userId: UserId;
  readonly name: string;
  readonly deviceId: string;
  readonly accessToken: string;
}

/** More than any test of the contract opens at once; each may break once after a restart. */
const connectionsMax = 32;

/** The start of every path in the contract. */
export const client = '/_matrix/client/v3';

/** What an answer says, without what differs from server to server. */
export function gist({ status, json }: Answer): { status: number; errcode: unknown } {
  return { status, errcode: json['errcode'] };
}

/** The content of a text message. */
export function text(body: string): { msgtype: string; body: string } {
  return { msgtype: 'm.text', body };
}

/** A homeserver with three people on it, and short ways to ask it for something. */
export class Stage {
  readonly #start: () => Promise<ContractHomeserver>;
  #homeserver: ContractHomeserver | undefined;
  #people: readonly Person[] = [];
  #counter = 0;

  constructor(start: () => Promise<ContractHomeserver>) {
    this.#start = start;
  }

  async raise(): Promise<void> {
    this.#homeserver = await this.#start();
    this.#people = [
      await this.person('alice'),
      await this.person('bob'),
      await this.person('carol'),
    ];
  }

  async strike(): Promise<void> {
    await this.#homeserver?.stop();
  }

  /** Restarts the homeserver and waits until no connection of before is left to be broken. */
  async restart(): Promise<void> {
    await this.homeserver.restart();
    for (let left = connectionsMax; left > 0; left--) {
      const answered = await this.call('GET', '/_matrix/client/versions').catch(() => undefined);
      if (answered !== undefined) return;
    }
    throw new Error('The homeserver does not answer after its restart.');
  }

  get homeserver(): ContractHomeserver {
    if (this.#homeserver === undefined) throw new Error('The stage is not raised.');
    return this.#homeserver;
  }

  get alice(): Person {
    return this.#person(0);
  }

  get bob(): Person {
    return this.#person(1);
  }

  get carol(): Person {
    return this.#person(2);
  }

  async call(method: string, path: string, options: CallOptions = {}): Promise<Answer> {
    const { token, body, contentType = 'application/json' } = options;
    const payload = options.raw ?? (body === undefined ? undefined : JSON.stringify(body));
    const headers = new Headers(payload === undefined ? {} : { 'content-type': contentType });
    if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
    const signal = AbortSignal.timeout(callDeadlineMs);
    const init = { method, headers, signal, ...(payload === undefined ? {} : { body: payload }) };
    const response = await fetch(this.homeserver.baseUrl + path, init);
    const { status } = response;
    const answer = await response.text();
    const isJson = response.headers.get('content-type')?.startsWith('application/json') ?? false;
    const json = (isJson ? JSON.parse(answer) : { text: answer }) as Record<string, unknown>;
    return { status, headers: response.headers, json };
  }

  /** Registers by shared secret, under a name nobody has. `more` replaces fields of the body. */
  async register(
    prefix: string,
    more: Record<string, unknown> = {},
    admin = false,
  ): Promise<Answer & { name: string }> {
    const username = `${prefix}-${this.#counter++}`;
    const path = '/_synapse/admin/v1/register';
    const { nonce } = (await this.call('GET', path)).json;
    const parts = [nonce, username, password, admin ? 'admin' : 'notadmin'].join('\0');
    const hmac = createHmac('sha1', this.homeserver.registrationSharedSecret).update(parts);
    const body = { nonce, username, password, admin, mac: hmac.digest('hex'), ...more };
    return { ...(await this.call('POST', path, { body })), name: username };
  }

  async person(prefix: string): Promise<Person> {
    return await this.#personOf(this.register(prefix));
  }

  /** Somebody new who may administer the server. */
  async administrator(prefix: string): Promise<Person> {
    return await this.#personOf(this.register(prefix, {}, true));
  }

  async #personOf(registered: Promise<Answer & { name: string }>): Promise<Person> {
    const { json, name } = await registered;
    const token = String(json['access_token']);
    return { userId: String(json['user_id']) as UserId, name, token };
  }

  /** Somebody new, as the device that registering made. */
  async device(prefix: string): Promise<Device> {
    const { json, name } = await this.register(prefix);
    const [userId, deviceId, accessToken] = ['user_id', 'device_id', 'access_token'].map((field) =>
      String(json[field]),
    );
    if (userId === undefined || deviceId === undefined || accessToken === undefined) {
      throw new Error('Nobody was registered.');
    }
    return { userId: userId as UserId, name, deviceId, accessToken };
  }

  /** One sync of a device. */
  async sync(
    { accessToken: token }: Device,
    since?: unknown,
    query = 'timeout=0',
  ): Promise<Record<string, unknown>> {
    const after = typeof since === 'string' ? `&since=${since}` : '';
    const answer = await this.call('GET', `${client}/sync?${query}${after}`, { token });
    if (answer.status !== 200) throw new Error(`sync: ${JSON.stringify(answer.json)}`);
    return answer.json;
  }

  /** Logs in by password. `more` replaces fields of the body. */
  async logIn(who: Person, more: Record<string, unknown> = {}): Promise<Answer> {
    const identifier = { type: 'm.id.user', user: who.name };
    const body = { type: 'm.login.password', identifier, password, ...more };
    return await this.call('POST', `${client}/login`, { body });
  }

  /** Another access token of `who`. */
  async token(who: Person, deviceId: string): Promise<string> {
    return String((await this.logIn(who, { device_id: deviceId })).json['access_token']);
  }

  /** A public room of Alice's with `others` in it; its id is percent-encoded. */
  async room(others: readonly Person[] = [], more: Record<string, unknown> = {}): Promise<string> {
    const body = { preset: 'public_chat', ...more };
    const { token } = this.alice;
    const { json } = await this.call('POST', `${client}/createRoom`, { token, body });
    const roomId = encodeURIComponent(String(json['room_id']));
    for (const other of others) {
      await this.call('POST', `${client}/join/${roomId}`, { token: other.token, body: {} });
    }
    return roomId;
  }

  async send(
    roomId: string,
    txnId: string,
    options: CallOptions,
    type = 'm.room.message',
  ): Promise<Answer> {
    return await this.call('PUT', `${client}/rooms/${roomId}/send/${type}/${txnId}`, options);
  }

  /** Sends a text; the event id, if there is one. */
  async say(roomId: string, txnId: string, token: string, body = 'hello'): Promise<unknown> {
    return (await this.send(roomId, txnId, { token, body: text(body) })).json['event_id'];
  }

  #person(place: number): Person {
    const person = this.#people[place];
    if (person === undefined) throw new Error('The stage is not raised.');
    return person;
  }
}
