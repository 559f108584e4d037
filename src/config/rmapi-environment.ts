import { dirname, join } from 'node:path';
import { Failure } from '../errors.ts';
import type { Environment } from './build-context.ts';
import { type LogLevel, logLevels } from './config.ts';
import { parseDuration } from './duration.ts';
import { network } from './fields.ts';
import { isListenAddress } from './listen-address.ts';
import { rmapiHealthListenDefault, rmapiListenDefault } from './rmapi-health-address.ts';
import type { RmapiManifest } from './rmapi-manifest.ts';
import type { RmapiVariable } from './rmapi-variables.ts';
import { Secret } from './secret.ts';
import { parseWebAddress } from './web-address.ts';

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

/** The settings of the drop-in. @throws Failure rmapi_invalid with every mistake, never with a value */
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
      'must be a duration such as 30s, of at most 30s',
    ),
    roomVersion: reader.text('BELLHOP_RMAPI_ROOM_VERSION'),
    federation: reader.flag('BELLHOP_RMAPI_FEDERATION', 'true'),
    nameRule: reader.oneOf('BELLHOP_RMAPI_NAMES', nameRules),
  };
  if (reader.problems.length > 0) {
    throw new Failure('rmapi_invalid', { problems: reader.problems });
  }
  return config;
}
