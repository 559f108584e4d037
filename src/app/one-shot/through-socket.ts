import { request } from 'node:http';
import { join } from 'node:path';
import { Failure } from '../../errors.ts';
import type { SendOptions } from './send-options.ts';
import type { SendReport } from './send-report.ts';
import type { SendSettings } from './send-settings.ts';

/** The daemon answers in milliseconds; beyond this, on top of what it was asked to wait, it is not well. */
const answerMsMax = 10_000;
const systemRuntimeDir = '/run/bellhop';
const systemDataDir = '/var/lib/bellhop';

interface Answer {
  readonly status: number;
  readonly body: string;
}

function socketPaths(settings: SendSettings, env: NodeJS.ProcessEnv): string[] {
  const dirs = [env['RUNTIME_DIRECTORY'], settings.dataDir];
  if (settings.dataDir === systemDataDir) dirs.push(systemRuntimeDir);
  return dirs.filter((dir) => dir !== undefined).map((dir) => join(dir, 'bellhop.sock'));
}

/** Undefined: nobody listens there. */
async function post(
  socketPath: string,
  path: string,
  headers: Record<string, string>,
  body: string,
  deadlineMs: number,
): Promise<Answer | undefined> {
  return await new Promise((resolve, reject) => {
    const call = request({ socketPath, path, method: 'POST', headers, timeout: deadlineMs });
    let isConnected = false;
    call.on('socket', (socket) => {
      socket.once('connect', () => {
        isConnected = true;
      });
    });
    call.on('timeout', () => call.destroy(new Error('no answer in time')));
    call.on('error', (cause) => {
      if (!isConnected) resolve(undefined);
      else reject(new Failure('storage_failed', { detail: 'The daemon did not answer.', cause }));
    });
    call.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }));
    });
    call.end(body);
  });
}

function document(options: SendOptions, text: string): string {
  return JSON.stringify({
    room: options.room,
    title: options.title,
    body: text,
    format: options.format,
    severity: options.severity,
    status: options.status,
    link: options.link,
    key: options.key,
    thread: options.thread,
    mention: options.mention,
    silent: options.silent || undefined,
    expire_after: options.expireAfterMs === undefined ? undefined : `${options.expireAfterMs}ms`,
  });
}

interface Accepted {
  readonly id: string;
  readonly entries: readonly {
    readonly room: string;
    readonly state: string;
    readonly event_id?: string;
    readonly reason?: string;
  }[];
}

interface Refused {
  readonly code?: string;
  readonly detail?: string;
  readonly title?: string;
  readonly problems?: readonly (string | { readonly place: string; readonly message: string })[];
}

function refusal({ status, body }: Answer): Failure {
  let problem: Refused = {};
  try {
    problem = JSON.parse(body) as Refused;
  } catch {
    problem = { title: `The daemon answered ${status}.` };
  }
  const code = status === 403 ? 'room_not_allowed' : status === 404 ? 'not_found' : 'bad_input';
  const problems = (problem.problems ?? []).map((entry) =>
    typeof entry === 'string' ? entry : `${entry.place}: ${entry.message}`,
  );
  const detail = problem.detail ?? problem.title ?? '';
  if (status === 422) return new Failure('idempotency_conflict', { detail, problems });
  return new Failure(status >= 500 ? 'storage_failed' : code, { detail, problems });
}

function report(answer: Answer, waited: boolean): SendReport {
  const { id, entries } = JSON.parse(answer.body) as Accepted;
  const [first] = entries;
  const dead = entries.find((entry) => entry.state === 'dead');
  const isDelivered = entries.every((entry) => entry.state === 'delivered');
  const room = first?.room ?? '';
  if (dead !== undefined) return { id, state: 'dead', room, error: dead.reason };
  if (isDelivered && waited) return { id, state: 'delivered', room, event_id: first?.event_id };
  return { id, state: 'accepted', room };
}

/**
 * Hands the message to the daemon through its socket; undefined: none is running.
 *
 * @throws Failure what the daemon refused
 */
export async function sendThroughSocket(
  settings: SendSettings,
  options: SendOptions,
  text: string,
  env: NodeJS.ProcessEnv,
): Promise<SendReport | undefined> {
  const waitMs = options.waitMs ?? 0;
  const query = waitMs > 0 ? `?wait=${waitMs}ms` : '';
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (options.idempotencyKey !== undefined) headers['idempotency-key'] = options.idempotencyKey;
  const body = document(options, text);
  for (const socketPath of socketPaths(settings, env)) {
    const path = `/v1/notifications${query}`;
    const answer = await post(socketPath, path, headers, body, waitMs + answerMsMax);
    if (answer === undefined) continue;
    if (answer.status >= 300) throw refusal(answer);
    return report(answer, waitMs > 0);
  }
  return undefined;
}
