import type { RoomReference, UserId } from '../matrix/ids.ts';
import type { ListenAddress } from './listen-address.ts';
import type { Rate } from './rate.ts';
import type { SecretReference } from './secret.ts';

/** How much is logged, from least to most. */
export const logLevels = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof logLevels)[number];

/** The parts of the interface that a listener can be limited to. */
export const listenParts = ['v1', 'hooks', 'matrix', 'metrics'] as const;
export type ListenPart = (typeof listenParts)[number];

/** What a source may speak; `auto` recognises each request. */
export const sourceFormats = ['auto', 'generic', 'alertmanager', 'matrix'] as const;
export type SourceFormat = (typeof sourceFormats)[number];

/** Paths of certificate and key in PEM form, absolute. */
interface TlsFiles {
  readonly certPath: string;
  readonly keyPath: string;
}

/** One door of the gateway. */
export interface ListenConfig {
  /** The path of a unix socket is absolute. */
  readonly address: ListenAddress;
  /** The one part of the interface served here; undefined: all of it. */
  readonly only: ListenPart | undefined;
  readonly tls: TlsFiles | undefined;
}

/** How long ended entries are kept, in milliseconds; undefined: for ever. */
export interface RetentionConfig {
  readonly deliveredMs: number | undefined;
  readonly deadMs: number | undefined;
}

export interface LimitsConfig {
  readonly bodyBytesMax: number;
  readonly queuedMax: number;
  readonly queuedPerSourceMax: number;
}

/** To whom a room's keys are given: devices that their owner has signed, or all of its members' devices. */
export const sharings = ['cross-signed', 'all-devices'] as const;
export type Sharing = (typeof sharings)[number];

/** A Matrix user and device that speaks. `S` is how its secrets are held: by reference, or read. */
export interface AccountConfig<S = SecretReference> {
  readonly name: string;
  /** Undefined only together with a homeserver and an access token: then `whoami` tells. */
  readonly userId: UserId | undefined;
  /** Base URL without a trailing slash; undefined: found by .well-known of the user id's server. */
  readonly homeserver: string | undefined;
  /** At most one of token and password; neither: `bellhop login` has left a token in the data directory. */
  readonly accessToken: S | undefined;
  readonly password: S | undefined;
  readonly sharing: Sharing;
}

export interface RoomConfig {
  readonly name: string;
  readonly room: RoomReference;
  /** The name of a configured account. */
  readonly account: string;
  readonly encryption: 'auto' | 'required';
  /** Undefined: as its account. */
  readonly sharing: Sharing | undefined;
  readonly msgtype: 'm.text' | 'm.notice';
  /** Undefined: never says that it is late. */
  readonly lateAfterMs: number | undefined;
  /** Undefined: never expires. */
  readonly expireAfterMs: number | undefined;
}

export interface SourceConfig<S = SecretReference> {
  readonly name: string;
  readonly format: SourceFormat;
  /** Undefined: `auth: none`, said explicitly. */
  readonly token: S | undefined;
  /** Names of the rooms used when a call names none; may be empty. */
  readonly rooms: readonly string[];
  /** Names of the rooms a call may name; contains `rooms`. */
  readonly allow: readonly string[];
  /** Per origin: the name of the room used instead. */
  readonly origins: ReadonlyMap<string, string>;
  readonly dedupeWindowMs: number;
  /** Undefined: as fast as it likes. */
  readonly rate: Rate | undefined;
}

export interface OperatorConfig<S = SecretReference> {
  readonly name: string;
  readonly token: S;
}

/** The whole configuration, checked: every name in it exists, every path is absolute, every default is filled in. */
export interface Config<S = SecretReference> {
  readonly dataDir: string;
  readonly listen: readonly ListenConfig[];
  readonly publicUrl: string | undefined;
  /** IP addresses and networks (`10.0.0.0/8`). */
  readonly trustedProxies: readonly string[];
  readonly logLevel: LogLevel;
  readonly retention: RetentionConfig;
  readonly limits: LimitsConfig;
  /** Path of the 32 bytes that open the encryption stores; undefined: made once in the data directory. */
  readonly encryptionKeyPath: string | undefined;
  /** Path of the deployment file; undefined: there is no deployment to look after. */
  readonly deploymentPath: string | undefined;
  /** In the order of the file; the first is the default. */
  readonly accounts: ReadonlyMap<string, AccountConfig<S>>;
  readonly rooms: ReadonlyMap<string, RoomConfig>;
  readonly sources: ReadonlyMap<string, SourceConfig<S>>;
  readonly operators: ReadonlyMap<string, OperatorConfig<S>>;
  /** The room of a `send` that names none: `BELLHOP_ROOM`, else the room `default`, else the only one. */
  readonly defaultRoom: string | undefined;
}
