import { dirname, join } from 'node:path';
import { Failure } from '../errors.ts';
import type { Environment } from './build-context.ts';
import { type LogLevel, logLevels } from './config.ts';
import { parseDuration } from './duration.ts';
import { network } from './fields.ts';
import { isListenAddress } from './listen-address.ts';
import type { RmapiManifest } from './rmapi-manifest.ts';
import { Secret } from './secret.ts';
import { parseWebAddress } from './web-address.ts';

/** The variables that configure the drop-in for python-matrix-rmapi, and what they do. */
export const rmapiVariables = {
  SYNAPSE_URL: 'Synapse, as the drop-in reaches it; default `http://synapse:8008`.',
  SYNAPSE_REGISTRATION_SECRET: "Synapse's `registration_shared_secret`; needed.",
  SYNAPSE_BOT_USERNAME: "The bot's localpart; default `matrixrmapi-bot`.",
  SYNAPSE_TOKEN_FILE:
    "Where the bot's access token is kept; default `/data/persistent/synapse_admin_token`.",
  SERVER_DOMAIN:
    "Synapse's server name; default: the product's name in the manifest, without its first label.",
  LOG_LEVEL: 'A name, or a number as in Python (20 is `info`).',
  MTLS_HEADER_NAME:
    "The header that holds the client certificate's name; default `X-ClientCert-DN`.",
  MTLS_TRUST_L5D: 'Whether identities that a Linkerd mesh proves count; default `false`.',
  MTLS_L5D_HEADER_NAME: 'The header that holds them; default `l5d-client-id`.',
  MTLS_TRUSTED_INGRESS_IDENTITIES:
    'The proxies of the mesh whose certificate header counts, with commas between them.',
  MTLS_REQUIRE_L5D: 'Whether whoever comes from outside the mesh is refused; default `false`.',
  BELLHOP_DATA_DIR: 'Default: `bellhop` beside the token file.',
  BELLHOP_RMAPI_LISTEN: 'Default `0.0.0.0:8012`.',
  BELLHOP_RMAPI_MANIFEST: 'Default `/pvarki/kraftwerk-init.json`.',
  BELLHOP_RMAPI_TRUSTED_PROXIES:
    'Addresses and networks of TCP peers whose identity header counts, with commas between them; default: loopback and private ones.',
  BELLHOP_RMAPI_TLS_CERT:
    "The listener's own certificate: it then speaks TLS only, and headers count for nothing.",
  BELLHOP_RMAPI_TLS_KEY: 'Its key.',
  BELLHOP_RMAPI_TLS_CLIENT_CA: 'The authorities of client certificates.',
  BELLHOP_RMAPI_TLS_CRL: 'Their revocation lists; a new file takes effect within 10 s.',
  BELLHOP_RMAPI_HEALTH_LISTEN:
    'Where health alone is told in plain HTTP, as a prober has no certificate; default: `127.0.0.1:8013` with TLS, else nowhere.',
  BELLHOP_RMAPI_ROOM_VERSION: "The version of new rooms; default: the server's.",
  BELLHOP_RMAPI_FEDERATION:
    'Whether users of other homeservers can be in rooms that are made, which is fixed for ever then; default `true`, as the original.',
  BELLHOP_RMAPI_NAMES:
    'How a callsign becomes a localpart: `keycloak` (default; as Synapse maps what Keycloak gives it), `synapse`, or `strict` as the original.',
  BELLHOP_RMAPI_HEALTH:
    'What the health check says while the integration does not work: `always` healthy (default), or `truthful`.',
  BELLHOP_RMAPI_UI_DIR: 'The browser part, where no proxy serves it.',
  BELLHOP_RECONCILE_INTERVAL: 'How often what is wanted and what is are compared; default `30s`.',
} as const;
type RmapiVariable = keyof typeof rmapiVariables;

const nameRules = ['keycloak', 'synapse', 'strict'] as const;
const healthPolicies = ['always', 'truthful'] as const;

/** Loopback, private (RFC 1918, RFC 4193) and link-local: where a container's proxies are. */
const proxiesDefault = '127.0.0.0/8,::1,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,fc00::/7,fe80::/10';

/** Where the manifest is unless the environment says otherwise. */
const manifestPathDefault = '/pvarki/kraftwerk-init.json';

/** Backoff and interval together stay below the minute within which an end state is promised. */
const reconcileMsMax = 60_000;

/** The drop-in's HTTP door. */
export interface RmapiDoorConfig {
  readonly listen: string;
  readonly deployment: string;
  readonly callerCommonName: string;
  readonly deployUrl: string;
  readonly homeserverUrl: string;
  readonly certificateHeader: string;
  readonly linkerd:
    | {
        readonly headerName: string;
        readonly ingressIdentities: readonly string[];
        readonly required: boolean;
      }
    | undefined;
  readonly trustedProxies: readonly string[];
  readonly tls:
    | {
        readonly certificate: string;
        readonly key: string;
        readonly clientCa: string;
        readonly revocations: string | undefined;
      }
    | undefined;
  readonly healthListen: string | undefined;
  readonly health: (typeof healthPolicies)[number];
  readonly uiDirectory: string | undefined;
}

/** Everything that `bellhop rmapi` is configured with. */
export interface RmapiConfig {
  readonly door: RmapiDoorConfig;
  readonly synapseUrl: string;
  readonly registrationSecret: Secret;
  readonly botLocalpart: string;
  readonly tokenFile: string;
  readonly serverName: string;
  readonly dataDir: string;
  readonly logLevel: LogLevel;
  readonly reconcileMs: number;
  /** Undefined: the server's default. */
  readonly roomVersion: string | undefined;
  /** Of rooms that are made. */
  readonly federation: boolean;
  readonly nameRule: (typeof nameRules)[number];
}

class VariableReader {
  readonly problems: string[] = [];
  readonly #env: Environment;

  constructor(env: Environment) {
    this.#env = env;
  }

  /** An empty variable counts as unset: that is how compose files pass on what is not there. */
  text(name: RmapiVariable): string | undefined {
    const value = this.#env[name];
    return value === '' ? undefined : value;
  }

  parse<T>(
    name: RmapiVariable,
    fallback: string,
    read: (text: string) => T | undefined,
    must: string,
  ): T {
    const value = read(this.text(name) ?? fallback);
    if (value !== undefined) return value;
    this.problems.push(`${name}: ${must}`);
    // Nothing uses it: the problem is thrown.
    return read(fallback) as T;
  }

  flag(name: RmapiVariable, fallback = 'false'): boolean {
    return this.parse(name, fallback, parseFlag, 'must be true or false');
  }

  oneOf<T extends string>(name: RmapiVariable, choices: readonly [T, ...T[]]): T {
    const read = (text: string) => choices.find((choice) => choice === text);
    return this.parse(name, choices[0], read, `must be one of ${choices.join(', ')}`);
  }
}

const flags: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['yes', true],
  ['on', true],
  ['1', true],
  ['false', false],
  ['no', false],
  ['off', false],
  ['0', false],
]);

const parseFlag = (text: string): boolean | undefined => flags.get(text.toLowerCase());

const list = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

/** A level by its name, or by Python's number. */
function parseLogLevel(text: string): LogLevel | undefined {
  const level = Number(text);
  if (!Number.isInteger(level)) return logLevels.find((name) => name === text.toLowerCase());
  if (level >= 40) return 'error';
  if (level >= 30) return 'warn';
  return level >= 20 ? 'info' : 'debug';
}

function parseNetworks(text: string): string[] | undefined {
  const networks = list(text);
  return networks.every((one) => network.safeParse(one).success) ? networks : undefined;
}

/** Whether `text` can be a header's name (RFC 9110, 5.1). */
const parseHeaderName = (text: string): string | undefined =>
  /^[\w!#$%&'*+.^`|~-]+$/.test(text) ? text : undefined;

function parseInterval(text: string): number | undefined {
  const durationMs = parseDuration(text);
  return durationMs !== undefined && durationMs > 0 && durationMs <= reconcileMsMax
    ? durationMs
    : undefined;
}

const parseServerName = (text: string): string | undefined =>
  /^[0-9A-Za-z.-]+(?::\d{1,5})?$/.test(text) ? text : undefined;

function readTls(reader: VariableReader): RmapiDoorConfig['tls'] {
  const certificate = reader.text('BELLHOP_RMAPI_TLS_CERT');
  const key = reader.text('BELLHOP_RMAPI_TLS_KEY');
  const clientCa = reader.text('BELLHOP_RMAPI_TLS_CLIENT_CA');
  const revocations = reader.text('BELLHOP_RMAPI_TLS_CRL');
  if (certificate !== undefined && key !== undefined && clientCa !== undefined) {
    return { certificate, key, clientCa, revocations };
  }
  if ([certificate, key, clientCa, revocations].some((path) => path !== undefined)) {
    reader.problems.push(
      'BELLHOP_RMAPI_TLS_CERT, _KEY and _CLIENT_CA: belong together, or to nothing',
    );
  }
  return undefined;
}

const parsePort = (text: string): string | undefined =>
  isListenAddress(text) && !text.startsWith('unix:') ? text : undefined;

function readHealthListen(reader: VariableReader, hasTls: boolean): string | undefined {
  const name = 'BELLHOP_RMAPI_HEALTH_LISTEN';
  if (!hasTls && reader.text(name) === undefined) return undefined;
  return reader.parse(name, '127.0.0.1:8013', parsePort, 'must be host:port');
}

function readLinkerd(reader: VariableReader): RmapiDoorConfig['linkerd'] {
  const required = reader.flag('MTLS_REQUIRE_L5D');
  const trusted = reader.flag('MTLS_TRUST_L5D');
  if (required && !trusted) reader.problems.push('MTLS_REQUIRE_L5D: needs MTLS_TRUST_L5D');
  const must = 'must be the name of a header';
  const headerName = reader.parse('MTLS_L5D_HEADER_NAME', 'l5d-client-id', parseHeaderName, must);
  if (!trusted) return undefined;
  return {
    headerName,
    ingressIdentities: list(reader.text('MTLS_TRUSTED_INGRESS_IDENTITIES') ?? ''),
    required,
  };
}

/** The homeserver as people's clients reach it: a name below the deployment's, on its port. */
const homeserverOf = (deployUrl: string): string => {
  const { protocol, host } = new URL(deployUrl);
  return `${protocol}//synapse.${host}`;
};

function readDoor(reader: VariableReader, manifest: RmapiManifest): RmapiDoorConfig {
  const { deployment, callerCommonName, deployUrl } = manifest;
  const tls = readTls(reader);
  return {
    listen: reader.parse('BELLHOP_RMAPI_LISTEN', '0.0.0.0:8012', parsePort, 'must be host:port'),
    deployment,
    callerCommonName,
    deployUrl,
    homeserverUrl: homeserverOf(deployUrl),
    certificateHeader: reader.parse(
      'MTLS_HEADER_NAME',
      'X-ClientCert-DN',
      parseHeaderName,
      'must be the name of a header',
    ),
    linkerd: readLinkerd(reader),
    trustedProxies: reader.parse(
      'BELLHOP_RMAPI_TRUSTED_PROXIES',
      proxiesDefault,
      parseNetworks,
      'must be IP addresses or networks such as 10.0.0.0/8, with commas between them',
    ),
    tls,
    healthListen: readHealthListen(reader, tls !== undefined),
    health: reader.oneOf('BELLHOP_RMAPI_HEALTH', healthPolicies),
    uiDirectory: reader.text('BELLHOP_RMAPI_UI_DIR'),
  };
}

/** Where the manifest is. */
export function manifestPathOf(env: Environment): string {
  const path = env['BELLHOP_RMAPI_MANIFEST'];
  return path === undefined || path === '' ? manifestPathDefault : path;
}

/** The settings of the drop-in. @throws Failure config_invalid with every mistake, never with a value */
export function rmapiSettings(env: Environment, manifest: RmapiManifest): RmapiConfig {
  const reader = new VariableReader(env);
  const secret = reader.text('SYNAPSE_REGISTRATION_SECRET');
  if (secret === undefined) reader.problems.push('SYNAPSE_REGISTRATION_SECRET: is needed');
  const tokenFile = reader.text('SYNAPSE_TOKEN_FILE') ?? '/data/persistent/synapse_admin_token';
  const config: RmapiConfig = {
    door: readDoor(reader, manifest),
    synapseUrl: reader.parse(
      'SYNAPSE_URL',
      'http://synapse:8008',
      parseWebAddress,
      'must be an address such as http://synapse:8008',
    ),
    registrationSecret: new Secret(secret ?? ''),
    botLocalpart: reader.parse(
      'SYNAPSE_BOT_USERNAME',
      'matrixrmapi-bot',
      (text) => (/^[a-z0-9.\-=/+][a-z0-9._\-=/+]*$/.test(text) ? text : undefined),
      'must be a localpart such as matrixrmapi-bot',
    ),
    tokenFile,
    serverName: reader.parse(
      'SERVER_DOMAIN',
      manifest.serverName,
      parseServerName,
      'must be a server name such as example.org',
    ),
    dataDir: reader.text('BELLHOP_DATA_DIR') ?? join(dirname(tokenFile), 'bellhop'),
    logLevel: reader.parse(
      'LOG_LEVEL',
      'info',
      parseLogLevel,
      'must be a level such as info or 20',
    ),
    reconcileMs: reader.parse(
      'BELLHOP_RECONCILE_INTERVAL',
      '30s',
      parseInterval,
      'must be a duration such as 30s, of at most 60s',
    ),
    roomVersion: reader.text('BELLHOP_RMAPI_ROOM_VERSION'),
    federation: reader.flag('BELLHOP_RMAPI_FEDERATION', 'true'),
    nameRule: reader.oneOf('BELLHOP_RMAPI_NAMES', nameRules),
  };
  if (reader.problems.length > 0) {
    throw new Failure('config_invalid', { problems: reader.problems });
  }
  return config;
}
