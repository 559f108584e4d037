import type { Environment } from './build-context.ts';

/** Where the drop-in listens unless the environment says otherwise. */
export const rmapiListenDefault = '0.0.0.0:8012';
/** Where it tells health alone, when it speaks TLS and the environment says nothing. */
export const rmapiHealthListenDefault = '127.0.0.1:8013';

const wildcards: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '[::]': '[::1]' };

/** Where a drop-in with this environment can be asked for its health from the same host, in plain HTTP. */
export function rmapiHealthAddress(env: Environment): {
  readonly host: string;
  readonly port: number;
} {
  const hasTls = (env['BELLHOP_RMAPI_TLS_CERT'] ?? '') !== '';
  const health = env['BELLHOP_RMAPI_HEALTH_LISTEN'] || (hasTls && rmapiHealthListenDefault);
  const address = health || env['BELLHOP_RMAPI_LISTEN'] || rmapiListenDefault;
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon);
  return { host: wildcards[host] ?? host, port: Number(address.slice(colon + 1)) };
}
