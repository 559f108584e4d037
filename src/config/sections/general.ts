import { z } from 'zod';
import { type BuildContext, resolvePath, resolveSecretPath } from '../build-context.ts';
import {
  type Config,
  type ListenConfig,
  type ListenPart,
  type LogLevel,
  listenParts,
  logLevels,
} from '../config.ts';
import {
  listenAddress,
  network,
  path,
  type Shape,
  type Span,
  size,
  span,
  webAddress,
} from '../fields.ts';

interface ListenInput {
  readonly address: string;
  readonly only?: ListenPart | undefined;
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
}

/** The keys at the top as the file has them. */
export interface GeneralInput {
  readonly data_dir: string | undefined;
  readonly listen: readonly (string | ListenInput)[];
  readonly public_url: string | undefined;
  readonly trusted_proxies: readonly string[];
  readonly log_level: LogLevel;
  readonly encryption_key_file: string | undefined;
  readonly deployment: string | undefined;
  readonly retention: { readonly delivered: Span; readonly dead: Span };
  readonly limits: {
    readonly body: number;
    readonly queued: number;
    readonly queued_per_source: number;
  };
}

const tls = z.strictObject({
  cert: path.describe('PEM file of the certificate and its chain.'),
  key: path.describe('PEM file of the private key.'),
});

const listenEntry = z.strictObject({
  address: listenAddress.describe('`host:port`, or `unix:PATH` for a unix socket.'),
  only: z
    .enum(listenParts)
    .optional()
    .describe(
      'Serve only this part here: `v1` (our own interface), `hooks`, `matrix` or `metrics`.',
    ),
  tls: tls.optional().describe('Serve https with this certificate.'),
});

/** More doors than anybody opens; each costs a socket. */
const listenersMax = 32;
/** A longer list than any chain of proxies; it is searched on every request. */
const proxiesMax = 256;

const retention = z.strictObject({
  delivered: span.prefault('7d').describe('Delivered messages, after their delivery.'),
  dead: span
    .prefault('30d')
    .describe('Messages that ended in another way: dead, cancelled, expired or superseded.'),
});

/** Fewer bytes would refuse ordinary alerts. */
const bodyBytesMin = 1024;
/** A body is held in memory as a whole, several at a time. */
const bodyBytesMax = 100 * 1024 ** 2;
/** A backlog of a billion rows no longer fits the disks this is made for. */
const queuedMax = 1_000_000_000;

const limits = z.strictObject({
  body: size(bodyBytesMin, bodyBytesMax, 'from 1KiB to 100MiB')
    .prefault('1MiB')
    .describe('Largest request body; a larger one is answered with 413.'),
  queued: z
    .int()
    .min(1)
    .max(queuedMax)
    .default(1_000_000)
    .describe('Most undelivered messages; above it callers are told 503 and nothing is taken.'),
  queued_per_source: z
    .int()
    .min(1)
    .max(queuedMax)
    .default(200_000)
    .describe(
      'Most undelivered messages of one source, so that one cannot fill the outbox for all.',
    ),
});

/** The keys at the top that are not sections of their own. */
export const generalShape: Shape<GeneralInput> = {
  data_dir: path
    .optional()
    .describe(
      'Where the outbox and the tokens live; on a local disk. Default: `$STATE_DIRECTORY`, else `$XDG_STATE_HOME/bellhop`, else `~/.local/state/bellhop`.',
    ),
  listen: z
    .array(z.union([listenAddress, listenEntry]))
    .min(1)
    .max(listenersMax)
    .prefault(['127.0.0.1:8480'])
    .describe('Where `bellhop serve` listens.'),
  public_url: webAddress
    .optional()
    .describe('The address others reach this gateway by; links and .well-known say it.'),
  trusted_proxies: z
    .array(network)
    .max(proxiesMax)
    .default([])
    .describe('Addresses and networks of proxies whose `X-Forwarded-*` headers are believed.'),
  log_level: z.enum(logLevels).default('info').describe('How much is logged.'),
  encryption_key_file: path
    .optional()
    .describe(
      'A file with the 32 bytes that open the encryption stores, raw, in hex or in base64. Default: made once as `encryption.key` in the data directory.',
    ),
  deployment: path
    .optional()
    .describe(
      "A deployment file: a homeserver's rooms and people, which `bellhop serve` keeps as it says.",
    ),
  retention: retention.prefault({}).describe('How long ended messages stay in the outbox.'),
  limits: limits.prefault({}).describe('What the gateway takes at most.'),
};

/** The longest path of a unix socket: `sun_path` of sockaddr_un(7), its final zero byte left out. */
const socketPathBytesMax = 107;

function toListen(entry: string | ListenInput, index: number, context: BuildContext): ListenConfig {
  const place = ['listen', index];
  const { address, only, tls: files } = typeof entry === 'string' ? { address: entry } : entry;
  return {
    address: toAddress(address, place, context),
    only,
    tls: files && {
      certPath: resolveSecretPath(context, files.cert),
      keyPath: resolveSecretPath(context, files.key),
    },
  };
}

function toAddress(address: string, place: (string | number)[], context: BuildContext): string {
  if (!address.startsWith('unix:')) return address;
  const socket = resolvePath(context, address.slice('unix:'.length), place);
  if (Buffer.byteLength(socket) > socketPathBytesMax) {
    context.report(
      place,
      `is a longer path than a unix socket can have (${socketPathBytesMax} bytes)`,
    );
  }
  return `unix:${socket}`;
}

/** What `generalShape` becomes. */
export type GeneralConfig = Pick<
  Config,
  | 'listen'
  | 'publicUrl'
  | 'trustedProxies'
  | 'logLevel'
  | 'retention'
  | 'limits'
  | 'encryptionKeyPath'
  | 'deploymentPath'
>;

/** The general settings, except `data_dir`, whose default needs the environment. */
export function toGeneral(input: GeneralInput, context: BuildContext): GeneralConfig {
  const listen = input.listen.map((entry, index) => toListen(entry, index, context));
  const seen = new Set<string>();
  for (const [index, { address }] of listen.entries()) {
    if (seen.has(address)) context.report(['listen', index], 'is there twice');
    seen.add(address);
  }
  const { encryption_key_file: keyFile, deployment } = input;
  return {
    listen,
    publicUrl: input.public_url,
    trustedProxies: input.trusted_proxies,
    logLevel: input.log_level,
    retention: { deliveredMs: input.retention.delivered.ms, deadMs: input.retention.dead.ms },
    encryptionKeyPath: keyFile && resolveSecretPath(context, keyFile),
    deploymentPath: deployment && resolvePath(context, deployment, ['deployment']),
    limits: {
      bodyBytesMax: input.limits.body,
      queuedMax: input.limits.queued,
      queuedPerSourceMax: input.limits.queued_per_source,
    },
  };
}
