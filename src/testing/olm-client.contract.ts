import {
  CollectStrategy,
  DecryptionSettings,
  DeviceId,
  DeviceLists,
  EncryptionSettings,
  initAsync,
  OlmMachine,
  RequestType,
  RoomId,
  TrustRequirement,
  UserId,
} from '@matrix-org/matrix-sdk-crypto-wasm';

/** Whose device a client is. */
export interface OlmUser {
  readonly userId: string;
  readonly deviceId: string;
  readonly accessToken: string;
}

/** The parts of an answer to `/sync` that tests look at. */
export interface SyncAnswer {
  readonly next_batch: string;
  readonly to_device?: { readonly events: readonly { type: string; content: object }[] };
  readonly device_lists?: { readonly changed: string[]; readonly left: string[] };
  readonly device_one_time_keys_count: Readonly<Record<string, number>>;
  readonly device_unused_fallback_key_types?: readonly string[];
  readonly rooms?: {
    readonly join?: Readonly<Record<string, { timeline: { events: readonly RoomEvent[] } }>>;
  };
  readonly account_data?: { readonly events: readonly unknown[] };
}

interface RoomEvent {
  readonly type: string;
  readonly event_id: string;
  readonly room_id?: string;
  readonly sender: string;
  readonly content: Readonly<Record<string, unknown>>;
}

/** What the library asks to be sent. */
interface LibraryRequest {
  readonly id: string | undefined;
  readonly type: RequestType;
  readonly body: string;
  readonly event_type?: string;
  readonly txn_id?: string;
}

const client = '/_matrix/client/v3';
/** No call to a homeserver on this machine takes longer. */
const callDeadlineMs = 30_000;
/** Asking for keys may lead to more questions, but never to many. */
const roundsMax = 10;

/**
 * A device with encryption whose keys live in memory: the other end of what is tested. It encrypts for all devices and
 * trusts everybody.
 */
export class OlmClient implements Disposable {
  readonly user: OlmUser;
  readonly #baseUrl: string;
  readonly #machine: OlmMachine;
  #since: string | undefined;

  private constructor(baseUrl: string, user: OlmUser, machine: OlmMachine) {
    this.#baseUrl = baseUrl;
    this.user = user;
    this.#machine = machine;
  }

  /** A new device with its keys uploaded. */
  static async start(baseUrl: string, user: OlmUser): Promise<OlmClient> {
    await initAsync();
    const { userId, deviceId } = user;
    const machine = await OlmMachine.initialize(new UserId(userId), new DeviceId(deviceId));
    const started = new OlmClient(baseUrl, user, machine);
    await started.pump();
    return started;
  }

  /** The answer's text. @throws Error for any status but 200. */
  async call(method: string, path: string, body?: string): Promise<string> {
    const response = await fetch(this.#baseUrl + client + path, {
      method,
      headers: {
        authorization: `Bearer ${this.user.accessToken}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      signal: AbortSignal.timeout(callDeadlineMs),
      ...(body === undefined ? {} : { body }),
    });
    const text = await response.text();
    if (response.status !== 200) throw new Error(`${response.status} ${method} ${path}: ${text}`);
    return text;
  }

  /** Sends what the library wants sent, until it wants nothing more. */
  async pump(): Promise<void> {
    for (let round = 0; round < roundsMax; round++) {
      const requests = (await this.#machine.outgoingRequests()) as LibraryRequest[];
      if (requests.length === 0) return;
      for (const request of requests) await this.#send(request);
    }
    throw new Error('The library always wants more.');
  }

  /** The bodies that publish another cross-signing identity: its keys, and its signature of this device. */
  async makeIdentity(): Promise<{ readonly keys: string; readonly signatures: string }> {
    const uploads = await this.#machine.bootstrapCrossSigning(true);
    const request = (uploads.uploadKeysRequest as LibraryRequest | undefined) ?? undefined;
    if (request !== undefined) await this.#send(request);
    const { uploadSigningKeysRequest: keys, uploadSignaturesRequest: signatures } = uploads;
    return { keys: keys.body, signatures: signatures.body };
  }

  /** One sync, taken in; `query` is added to it. */
  async sync(query = 'timeout=0'): Promise<SyncAnswer> {
    const since = this.#since === undefined ? '' : `&since=${this.#since}`;
    const answer = JSON.parse(await this.call('GET', `/sync?${query}${since}`)) as SyncAnswer;
    const { changed = [], left = [] } = answer.device_lists ?? {};
    await this.#machine.receiveSyncChanges(
      JSON.stringify(answer.to_device?.events ?? []),
      new DeviceLists(
        changed.map((userId) => new UserId(userId)),
        left.map((userId) => new UserId(userId)),
      ),
      new Map(Object.entries(answer.device_one_time_keys_count)),
      new Set(answer.device_unused_fallback_key_types),
      new DecryptionSettings(TrustRequirement.Untrusted),
    );
    this.#since = answer.next_batch;
    await this.pump();
    return answer;
  }

  /** Gives the room's key to all devices of `members`, and returns the encrypted content. */
  async encrypt(
    roomId: string,
    members: readonly string[],
    type: string,
    content: object,
  ): Promise<string> {
    // The library takes these objects for its own, so each call gets new ones.
    const users = () => members.map((userId) => new UserId(userId));
    await this.#machine.updateTrackedUsers(users());
    await this.pump();
    // The library says null, whatever its types say.
    const claim = (await this.#machine.getMissingSessions(users())) ?? undefined;
    if (claim !== undefined) await this.#send(claim as LibraryRequest);
    const settings = new EncryptionSettings();
    settings.sharingStrategy = CollectStrategy.allDevices();
    for (const request of await this.#machine.shareRoomKey(new RoomId(roomId), users(), settings)) {
      await this.#send(request as LibraryRequest);
    }
    return await this.#machine.encryptRoomEvent(new RoomId(roomId), type, JSON.stringify(content));
  }

  /** The content in clear of an encrypted event. @throws Error when its key is not here. */
  async decrypt(roomId: string, event: object): Promise<Record<string, unknown>> {
    const settings = new DecryptionSettings(TrustRequirement.Untrusted);
    const { event: text } = await this.#machine.decryptRoomEvent(
      JSON.stringify({ ...event, room_id: roomId }),
      new RoomId(roomId),
      settings,
    );
    return (JSON.parse(text) as { content: Record<string, unknown> }).content;
  }

  [Symbol.dispose](): void {
    this.#machine.close();
  }

  async #send(request: LibraryRequest): Promise<void> {
    const [method, path] = target(request);
    const answer = await this.call(method, path, request.body);
    if (request.id !== undefined) {
      await this.#machine.markRequestAsSent(request.id, request.type, answer);
    }
  }
}

function target(request: LibraryRequest): readonly [method: string, path: string] {
  switch (request.type) {
    case RequestType.KeysUpload:
      return ['POST', '/keys/upload'];
    case RequestType.KeysQuery:
      return ['POST', '/keys/query'];
    case RequestType.KeysClaim:
      return ['POST', '/keys/claim'];
    case RequestType.SignatureUpload:
      return ['POST', '/keys/signatures/upload'];
    case RequestType.ToDevice: {
      const { event_type: type = '', txn_id: txnId = '' } = request;
      return ['PUT', `/sendToDevice/${encodeURIComponent(type)}/${encodeURIComponent(txnId)}`];
    }
    case RequestType.RoomMessage:
    case RequestType.KeysBackup:
      throw new Error(`The library asks for request ${request.type}, which is not used here.`);
  }
}
