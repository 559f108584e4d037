import { request } from 'node:http';
import { localSocketPath } from '../../../app/local-socket.ts';
import type { Config } from '../../../config/config.ts';
import type { CliContext } from '../../context.ts';

/** The daemon answers in milliseconds; beyond this it is not well. */
const answerMsMax = 10_000;
const systemRuntimeDir = '/run/bellhop';
const systemDataDir = '/var/lib/bellhop';

export interface DaemonAnswer {
  readonly status: number;
  readonly body: string;
}

type Door = { readonly socketPath: string } | { readonly host: string; readonly port: number };

/** Where a daemon of this configuration may listen in clear: its socket first, then its first plain listeners. */
function doorsOf(config: Config, env: CliContext['env']): Door[] {
  const runtimeDir = env['RUNTIME_DIRECTORY']?.split(':')[0] || undefined;
  const dirs = [runtimeDir, config.dataDir];
  if (config.dataDir === systemDataDir) dirs.push(systemRuntimeDir);
  const doors: Door[] = dirs
    .filter((dir) => dir !== undefined)
    .map((dir) => ({ socketPath: localSocketPath(dir) }));
  for (const { address, only, tls } of config.listen) {
    if (tls !== undefined || (only !== undefined && only !== 'v1')) continue;
    if (address.startsWith('unix:')) doors.push({ socketPath: address.slice('unix:'.length) });
    else doors.push(hostAndPort(address));
  }
  return doors;
}

function hostAndPort(address: string): Door {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
  return { host, port: Number(address.slice(colon + 1)) };
}

/** Undefined: nobody listens there. */
async function post(
  door: Door,
  path: string,
  token: string,
  signal: AbortSignal,
): Promise<DaemonAnswer | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<DaemonAnswer | undefined>();
  const headers = { authorization: `Bearer ${token}` };
  const call = request({ ...door, path, method: 'POST', headers, signal });
  let isConnected = false;
  call.on('socket', (socket) => {
    socket.once('connect', () => {
      isConnected = true;
    });
  });
  call.on('error', (error) => (isConnected ? reject(error) : resolve(undefined)));
  call.on('response', (response) => {
    let body = '';
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      body += chunk;
    });
    response.on('error', reject);
    response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
  });
  call.end();
  return await promise;
}

/** Asks the running daemon; undefined: none is running. @throws Error when it takes the call and does not answer */
export async function callDaemon(
  context: CliContext,
  config: Config,
  path: string,
  token: string,
): Promise<DaemonAnswer | undefined> {
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(answerMsMax)]);
  for (const door of doorsOf(config, context.env)) {
    const answer = await post(door, path, token, signal);
    if (answer !== undefined) return answer;
  }
  return undefined;
}
