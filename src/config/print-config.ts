import { stringify } from 'yaml';
import type { AccountConfig, Config, ListenConfig, RoomConfig, SourceConfig } from './config.ts';
import { formatDuration } from './duration.ts';
import { formatRate } from './rate.ts';
import type { SecretReference } from './secret.ts';
import { formatSize } from './size.ts';

/** A configuration in the words of its file; keys without a value are left out. */
export type PrintedConfig = Readonly<Record<string, unknown>>;

const without = (record: Record<string, unknown>): PrintedConfig =>
  Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));

function printSecret(key: string, reference: SecretReference | undefined): PrintedConfig {
  if (reference === undefined) return {};
  if (reference.kind === 'file') return { [`${key}_file`]: reference.path };
  return { [key]: String(reference.secret) };
}

function printListen({ address, only, tls }: ListenConfig): unknown {
  if (only === undefined && tls === undefined) return address;
  const files = tls && { cert: tls.certPath, key: tls.keyPath };
  return without({ address, only, tls: files });
}

function printAccount(account: AccountConfig): PrintedConfig {
  return without({
    user_id: account.userId,
    homeserver: account.homeserver,
    ...printSecret('access_token', account.accessToken),
    ...printSecret('password', account.password),
    sharing: account.sharing,
  });
}

function printRoom(room: RoomConfig): PrintedConfig {
  return without({
    room: room.room,
    account: room.account,
    encryption: room.encryption,
    sharing: room.sharing,
    late_after: formatDuration(room.lateAfterMs),
    expire_after: formatDuration(room.expireAfterMs),
    msgtype: room.msgtype,
  });
}

function printSource(source: SourceConfig): PrintedConfig {
  const auth = source.token === undefined ? { auth: 'none' } : printSecret('token', source.token);
  return without({
    format: source.format,
    ...auth,
    room: source.rooms.length === 0 ? undefined : source.rooms,
    allow: source.allow,
    origins: Object.fromEntries(source.origins),
    dedupe_window: formatDuration(source.dedupeWindowMs),
    rate: source.rate && formatRate(source.rate),
  });
}

const mapValues = <T>(map: ReadonlyMap<string, T>, print: (value: T) => unknown): PrintedConfig =>
  Object.fromEntries([...map].map(([name, value]) => [name, print(value)]));

/** What is in force, defaults and environment included, in the words of the file; secrets are redacted. */
export function printableConfig(config: Config): PrintedConfig {
  const { retention, limits } = config;
  // Rooms that are named by id or alias where they are used have no entry of their own.
  const named = new Map([...config.rooms].filter(([name]) => !/^[!#]/.test(name)));
  return without({
    data_dir: config.dataDir,
    listen: config.listen.map(printListen),
    public_url: config.publicUrl,
    trusted_proxies: config.trustedProxies,
    log_level: config.logLevel,
    encryption_key_file: config.encryptionKeyPath,
    deployment: config.deploymentPath,
    retention: {
      delivered: formatDuration(retention.deliveredMs),
      dead: formatDuration(retention.deadMs),
    },
    limits: {
      body: formatSize(limits.bodyBytesMax),
      queued: limits.queuedMax,
      queued_per_source: limits.queuedPerSourceMax,
    },
    accounts: mapValues(config.accounts, printAccount),
    rooms: mapValues(named, printRoom),
    sources: mapValues(config.sources, printSource),
    operators: mapValues(config.operators, ({ token }) => printSecret('token', token)),
  });
}

/** `printableConfig` as YAML. */
export function printConfig(config: Config): string {
  return stringify(printableConfig(config), { lineWidth: 100 });
}
