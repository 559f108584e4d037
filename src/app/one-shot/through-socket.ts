import { connect } from 'node:net';
import { join } from 'node:path';
import { catalogue, Failure, type FailureCode } from '../../errors.ts';
import type { EntryBrief } from '../../gateway/entry-json.ts';
import { reportEntries } from './report-entries.ts';
import { sendDocument } from './send-document.ts';
import { type SendOptions, sendOptionTypes } from './send-options.ts';
import type { SendReport } from './send-report.ts';
import { roomMissing, type SendSettings } from './send-settings.ts';

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

const headEnd = '\r\n\r\n';

/** The status and body of a whole HTTP/1.1 answer that ends with its connection; undefined: it is not whole. */
function parseAnswer(text: string): Answer | undefined {
  const end = text.indexOf(headEnd);
  const [, status] = /^HTTP\/1\.1 (\d{3})/.exec(text) ?? [];
  if (end < 0 || status === undefined) return undefined;
  const body = text.slice(end + headEnd.length);
  const [, length] = /\r\ncontent-length: (\d+)/i.exec(text.slice(0, end)) ?? [];
  if (length === undefined || Buffer.byteLength(body) < Number(length)) return undefined;
  return { status: Number(status), body };
}

/**
 * One POST to our own daemon, which answers with a Content-Length; undefined: nobody listens there. Written by hand,
 * because node:http takes longer to load than this takes as a whole.
 */
async function post(
  socketPath: string,
  path: string,
  headers: Record<string, string>,
  body: string,
  deadlineMs: number,
): Promise<Answer | undefined> {
  const lines = Object.entries({
    host: 'localhost',
    connection: 'close',
    'content-length': String(Buffer.byteLength(body)),
    ...headers,
  }).map(([name, value]) => `${name}: ${value}`);
  return await new Promise((resolve, reject) => {
    const socket = connect(socketPath);
    const fail = (cause?: Error) => reject(new Failure('unanswered', { cause }));
    let isConnected = false;
    let text = '';
    socket.setEncoding('utf8');
    socket.setTimeout(deadlineMs, () => socket.destroy(new Error('no answer in time')));
    socket.on('connect', () => {
      isConnected = true;
      socket.write(`POST ${path} HTTP/1.1\r\n${lines.join('\r\n')}${headEnd}${body}`);
    });
    socket.on('data', (chunk: string) => {
      text += chunk;
    });
    socket.on('error', (cause) => (isConnected ? fail(cause) : resolve(undefined)));
    socket.on('end', () => {
      const answer = parseAnswer(text);
      if (answer === undefined) fail();
      else resolve(answer);
    });
  });
}

interface Accepted {
  readonly id: string;
  readonly entries: readonly EntryBrief[];
}

interface Problem {
  readonly place: string;
  readonly message: string;
}

interface Refused {
  readonly code?: string;
  readonly detail?: string;
  readonly title?: string;
  readonly problems?: readonly (string | Problem)[];
}

function refusedOf({ status, body }: Answer): Refused {
  try {
    return JSON.parse(body) as Refused;
  } catch {
    return { detail: `The daemon answered ${status}.` };
  }
}

const isFailureCode = (code: string): code is FailureCode => Object.hasOwn(catalogue, code);

/** A place of the document by the name that whoever called the command knows it by: nearly all are options. */
function commandPlace(place: string): string {
  const [, name = ''] = /^\/?(\w+)/.exec(place) ?? [];
  const option = name.replaceAll('_', '-');
  if (Object.hasOwn(sendOptionTypes, option)) return `--${option}`;
  return name === 'body' ? 'the text' : place;
}

/** The daemon's own default room may be another than ours, so that only it knows that there is none. */
const isRoomMissing = (options: SendOptions, problems: Refused['problems'] = []): boolean =>
  options.room === undefined &&
  problems.some((problem) => typeof problem !== 'string' && problem.place === 'room');

/** What the daemon said, under the same name; of one that names nothing we know, what its status means. */
function refusal(answer: Answer, options: SendOptions): Failure {
  const { code = '', detail, title, problems = [] } = refusedOf(answer);
  if (isRoomMissing(options, problems)) return roomMissing();
  const told = {
    problems: problems.map((problem) =>
      typeof problem === 'string' ? problem : `${commandPlace(problem.place)}: ${problem.message}`,
    ),
  };
  if (isFailureCode(code)) {
    return new Failure(code, detail === undefined ? told : { ...told, detail });
  }
  const meant = answer.status >= 500 ? 'storage_failed' : 'bad_input';
  return new Failure(meant, { ...told, detail: detail ?? title ?? '' });
}

/** What the daemon will not take, or not any more, the outbox may: undefined. Anything else is the message's fault. */
function orElsewhere(refused: Failure): undefined {
  if (refused.code === 'body_too_large' || refused.code === 'shutting_down') return undefined;
  throw refused;
}

function report({ body }: Answer): SendReport {
  const { id, entries } = JSON.parse(body) as Accepted;
  const standings = entries.map(({ event_id: eventId, ...brief }) => ({ ...brief, eventId }));
  return reportEntries({ id, room: entries[0]?.room ?? '' }, standings, 'accepted');
}

/**
 * Hands the message to the daemon through its socket; undefined: none is running, or it is ending, or the message is too
 * large for it.
 *
 * @throws Failure what the daemon refused, or `unanswered`
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
  if (options.idempotencyKey !== undefined) {
    headers['idempotency-key'] = options.idempotencyKey;
  }
  const body = sendDocument(options, text);
  for (const socketPath of socketPaths(settings, env)) {
    const path = `/v1/notifications${query}`;
    const answer = await post(socketPath, path, headers, body, waitMs + answerMsMax);
    if (answer === undefined) continue;
    if (answer.status >= 300) return orElsewhere(refusal(answer, options));
    return report(answer);
  }
  return undefined;
}
