import { dirname, join } from 'node:path';
import { Failure } from '../errors.ts';
import type { Environment } from './build-context.ts';
import { type LogLevel, logLevels } from './config.ts';
import { parseDuration } from './duration.ts';
import { network } from './fields.ts';
import { isListenAddress } from './listen-address.ts';
import { rmapiHealthListenDefault, rmapiListenDefault } from './rmapi-health-address.ts';
import { manifestFallback, type RmapiManifest } from './rmapi-manifest.ts';
import { VariableReader } from './rmapi-variable-reader.ts';
import { Secret } from './secret.ts';
import { parseHomeserverAddress } from './web-address.ts';

const nameRules = ['keycloak', 'synapse', 'strict'] as const;
const healthPolicies = ['always', 'truthful'] as const;

/** Loopback, private (RFC 1918, RFC 4193) and link-local: where a container's proxies are. */
const proxiesDefault = '127.0.0.0/8,::1,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,fc00::/7,fe80::/10';

/** Where the manifest is unless the environment says otherwise. */
const manifestPathDefault = '/pvarki/kraftwerk-init.json';

/** Backoff and interval together stay below the minute within which an end state is promised. */
const reconcileMsMax = 30_000;

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
  /** What was read where the manifest is; undefined: there was none. */
  readonly manifest: RmapiManifest | undefined;
  /** Undefined: the manifest was read. */
  readonly missingManifest: MissingManifest | undefined;
}

/** There is no manifest where it was looked for. */
export interface MissingManifest {
  readonly path: string;
  /** `kept`: that of an earlier start counts. `made_up`: the fallback does. */
  readonly instead: 'kept' | 'made_up';
}

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
  return reader.parse(name, rmapiHealthListenDefault, parsePort, 'must be host:port');
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
    listen: reader.parse(
      'BELLHOP_RMAPI_LISTEN',
      rmapiListenDefault,
      parsePort,
      'must be host:port',
    ),
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

/** A manifest that was named is meant; the original goes on without the one it only expects, and tests do so. */
function refuseMissing(reader: VariableReader): void {
  const path = reader.text('BELLHOP_RMAPI_MANIFEST');
  if (path === undefined) return;
  reader.problems.push(
    `BELLHOP_RMAPI_MANIFEST: there is no file ${path}; correct the path, or put the deployment's manifest there`,
  );
}

/** The variable that says it; else beside the token file, so that one volume keeps both. */
const dataDirOf = (reader: VariableReader, tokenFile: string): string =>
  reader.text('BELLHOP_DATA_DIR') ?? join(dirname(tokenFile), 'bellhop');

const tokenFileOf = (reader: VariableReader): string =>
  reader.text('SYNAPSE_TOKEN_FILE') ?? '/data/persistent/synapse_admin_token';

/** The data directory of a drop-in with this environment; it may be relative. */
export function rmapiDataDir(env: Environment): string {
  const reader = new VariableReader(env);
  return dataDirOf(reader, tokenFileOf(reader));
}

/**
 * The settings of the drop-in. Without a manifest that of an earlier start counts, else the fallback, unless the
 * environment names one.
 * @throws Failure rmapi_invalid with every mistake, never with a value but a path
 */
export function rmapiSettings(
  env: Environment,
  found: RmapiManifest | undefined,
  kept?: RmapiManifest,
): RmapiConfig {
  const reader = new VariableReader(env);
  const manifest = found ?? kept ?? manifestFallback;
  if (found === undefined) refuseMissing(reader);
  const secret = reader.text('SYNAPSE_REGISTRATION_SECRET');
  if (secret === undefined) reader.problems.push('SYNAPSE_REGISTRATION_SECRET: is needed');
  const tokenFile = tokenFileOf(reader);
  const config: RmapiConfig = {
    door: readDoor(reader, manifest),
    synapseUrl: reader.parse(
      'SYNAPSE_URL',
      'http://synapse:8008',
      parseHomeserverAddress,
      'must be an address such as http://synapse:8008, without /_matrix',
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
    dataDir: dataDirOf(reader, tokenFile),
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
      'must be a duration such as 30s, of at most 30s',
    ),
    roomVersion: reader.text('BELLHOP_RMAPI_ROOM_VERSION'),
    federation: reader.flag('BELLHOP_RMAPI_FEDERATION', 'true'),
    nameRule: reader.oneOf('BELLHOP_RMAPI_NAMES', nameRules),
    manifest: found,
    missingManifest:
      found === undefined
        ? { path: manifestPathOf(env), instead: kept === undefined ? 'made_up' : 'kept' }
        : undefined,
  };
  if (reader.problems.length > 0) {
    throw new Failure('rmapi_invalid', { problems: reader.problems });
  }
  return config;
}
