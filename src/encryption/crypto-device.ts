/** How far a room's keys are given: to devices that their owner has signed (MSC4153), or to all of its members' devices. */
export type Sharing = 'cross-signed' | 'all-devices';

/** A request that the device wants made of its homeserver; the answer's text goes back through `markSent`. */
export interface DeviceRequest {
  /** Empty where nothing is to be marked as sent. */
  readonly id: string;
  readonly kind:
    | 'keys-upload'
    | 'keys-query'
    | 'keys-claim'
    | 'to-device'
    | 'signatures-upload'
    | 'room-message';
  readonly method: 'POST' | 'PUT';
  /** Absolute path, percent-encoded. */
  readonly path: string;
  readonly body: string;
}

/** What `/sync` said about one room, as far as delivery must know. */
export interface RoomNews {
  readonly roomId: string;
  /** `m.room.encryption` was seen. */
  readonly encrypted: boolean;
  /** `m.room.tombstone` was seen. */
  readonly replaced: boolean;
  /** This account is no longer joined. */
  readonly left: boolean;
}

/** What the device keeps of an encrypted room, beside its keys. */
export interface RoomFacts {
  /** The content of `m.room.encryption`, as JSON text. */
  readonly encryption: string;
  readonly historyVisibility: 'invited' | 'joined' | 'shared' | 'world_readable';
  readonly joined: readonly string[];
  readonly invited: readonly string[];
}

/** Keys to be given for one room's next message. */
export interface KeyShare {
  readonly requests: readonly DeviceRequest[];
  /** Devices that got a notice instead of the key, as their owner has not signed them. */
  readonly withheld: number;
}

/** Which private cross-signing keys the device holds. */
export interface CrossSigningState {
  readonly master: boolean;
  readonly selfSigning: boolean;
  readonly userSigning: boolean;
}

/** The private cross-signing keys, unpadded base64. Never logged, never in an error. */
export interface CrossSigningKeys {
  readonly master: string;
  readonly selfSigning: string;
  readonly userSigning: string;
}

/** Requests that publish a cross-signing identity, in the order in which they must be made. */
export interface CrossSigningUpload {
  readonly keys: DeviceRequest | undefined;
  /** Body of POST /v3/keys/device_signing/upload; may need user-interactive authentication. */
  readonly signingKeys: string;
  /** Body of POST /v3/keys/signatures/upload. */
  readonly signatures: string;
}

export interface DeviceKeys {
  readonly ed25519: string;
  readonly curve25519: string;
}

/** What is known of the store at opening. */
export interface OpenedDevice {
  readonly keys: DeviceKeys;
  /** The store did not exist, or belonged to another device and was begun anew. */
  readonly isNew: boolean;
  /** How often this store has been opened, this time included; the copy in account data shows a restored old store. */
  readonly starts: number;
  /** The last `next_batch`; undefined: never synced. */
  readonly syncToken: string | undefined;
}

/** Which device a store belongs to, and where it is. */
export interface DeviceOptions {
  /** The account's name in the configuration. */
  readonly account: string;
  readonly userId: string;
  readonly deviceId: string;
  /** Path of the SQLite file; made 0600. */
  readonly file: string;
  /** 32 bytes that open it. */
  readonly key: Uint8Array;
}

/**
 * The keys of one device: Olm and Megolm, in a store of its own. Every promise that resolves is on disk, fsynced; nothing
 * here speaks to the network.
 *
 * Everything rejects with Failure encryption_crashed when the engine died under the call (it is restarted; the call may be
 * repeated), storage_full or storage_failed when the store could not be written, then nothing may leave.
 */
export interface CryptoDevice {
  readonly opened: OpenedDevice;
  /** What `/sync` answered, whole: its effects and its token are one commit. */
  receiveSync(body: string): Promise<readonly RoomNews[]>;
  /** What the device wants sent: keys to upload, users to query. */
  outgoing(): Promise<readonly DeviceRequest[]>;
  /** The homeserver answered `request` with 200 and `answer`. */
  markSent(request: DeviceRequest, answer: string): Promise<void>;
  /** What is kept of a room; undefined: `setRoom` was never called, or its members are no longer certain. */
  room(roomId: string): Promise<RoomFacts | undefined>;
  /** Keeps a room's settings and members; from now on `receiveSync` follows them. Once encrypted, always. */
  setRoom(roomId: string, facts: RoomFacts): Promise<void>;
  /** Rooms that are kept. */
  rooms(): Promise<readonly string[]>;
  /** Begins to track the room's members; their `keys-query` requests come out of `outgoing`. */
  trackMembers(roomId: string): Promise<void>;
  /** What is known of everybody's devices may be out of date: all are asked for again, by what comes out of `outgoing`. */
  doubtDevices(): Promise<void>;
  /** A claim of one-time keys for at most 100 devices of the room's members; undefined: no session is missing. */
  claimMissing(roomId: string): Promise<DeviceRequest | undefined>;
  /** Gives the room's key, a new one where the rules ask for it, to whoever lacks it. Before every `encrypt`. */
  shareRoomKey(roomId: string, sharing: Sharing): Promise<KeyShare>;
  /** The content of the `m.room.encrypted` event; `m.relates_to` stays readable outside. */
  encrypt(roomId: string, type: string, content: string): Promise<string>;
  crossSigning(): Promise<CrossSigningState>;
  /** Makes a cross-signing identity, or the uploads of the one at hand; `reset`: another one. */
  bootstrapCrossSigning(reset: boolean): Promise<CrossSigningUpload>;
  /** Private keys of an identity that is complete here. */
  exportCrossSigning(): Promise<CrossSigningKeys | undefined>;
  /** Takes the identity's private keys and signs this device with them (the signature goes out with `outgoing` or the first keys upload). */
  importCrossSigning(keys: CrossSigningKeys): Promise<CrossSigningState>;
  /** Signs this device with the identity at hand; undefined: it is signed already. */
  signOwnDevice(): Promise<DeviceRequest | undefined>;
  /** Public master key of a user as the store knows it after a keys query, unpadded base64. */
  masterKeyOf(userId: string): Promise<string | undefined>;
  close(): Promise<void>;
}

/** Where devices are opened. All of a process's devices live in one thread; a second process is refused. */
export interface CryptoDevices {
  /** Begins what takes longest before the first `open`, for whoever knows that one follows soon. */
  prepare(): void;
  /**
   * Opens the device's store; where there is none, or another device's, one is begun.
   *
   * @throws Failure encryption_store_unusable: the key does not open it, another process holds it, or it cannot be made
   */
  open(options: DeviceOptions): Promise<CryptoDevice>;
  /** As `open`, but where the device has no store nothing is changed, and the answer is undefined. */
  openKept(options: DeviceOptions): Promise<CryptoDevice | undefined>;
  /** Calls `listener` when the engine died and was restarted; every device must be opened anew. */
  onCrash(listener: (error: Error) => void): () => void;
  close(): Promise<void>;
}
