import { catalogue, Failure, toFailure } from '../../errors.ts';
import { printableLine } from '../../printable-line.ts';
import { checkMessage, saysSomething } from './check-message.ts';
import { readSendOptions, type SendOptions } from './send-options.ts';
import type { SendReport } from './send-report.ts';
import { findForeignRoom, type SendSettings } from './send-settings.ts';
import { loadSendSettings } from './send-settings-cache.ts';

/** What `send` uses of the process. */
export interface SendProcess {
  readonly env: NodeJS.ProcessEnv;
  readonly stdin: AsyncIterable<Uint8Array | string> & { readonly isTTY?: boolean | undefined };
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
  cwd(): string;
  /** Prints what `send --help` shows. */
  help(): Promise<void>;
}

/** A text is cut to the size of an event anyway; more than this is a mistake in the pipe. */
const inputBytesMax = 16 * 1024 * 1024;

/** An empty input is a text only beside something else to say: a job that says nothing has a title or a file. */
async function readInput(process: SendProcess, options: SendOptions): Promise<string> {
  const mayBeEmpty = saysSomething(options, '');
  if (process.stdin.isTTY === true) {
    if (mayBeEmpty) return '';
    throw new Failure('usage', { detail: 'Give the text as an argument, or pipe it in.' });
  }
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const part of process.stdin) {
    const chunk = Buffer.from(part);
    length += chunk.length;
    if (length > inputBytesMax) {
      throw new Failure('bad_input', { detail: 'Standard input is larger than 16 MiB.' });
    }
    chunks.push(chunk);
  }
  if (length === 0 && !mayBeEmpty) {
    throw new Failure('no_input', {
      detail: 'Standard input was empty, and there is no --title, --link or --attach.',
    });
  }
  return Buffer.concat(chunks).toString().replace(/\n+$/, '');
}

/** The first way that works: the daemon's socket, then the outbox; with `--no-store`, directly. */
async function deliver(
  settings: SendSettings,
  options: SendOptions,
  text: string,
  process: SendProcess,
): Promise<SendReport> {
  if (!options.store) {
    const { sendDirectly } = await import('./directly.ts');
    return await sendDirectly(settings, options, text);
  }
  const { queue, attach, room } = options;
  // What its door does not take, the daemon delivers all the same once it is in the outbox.
  const isForeign = room !== undefined && findForeignRoom(settings, room) !== undefined;
  if (!queue && attach === undefined && !isForeign) {
    const { sendThroughSocket } = await import('./through-socket.ts');
    const report = await sendThroughSocket(settings, options, text, process.env);
    if (report !== undefined) return report;
  }
  const { sendThroughOutbox } = await import('./through-outbox.ts');
  return await sendThroughOutbox(settings, options, text);
}

function print(report: SendReport, options: SendOptions, process: SendProcess): void {
  if (options.json) {
    process.stdout.write(`${JSON.stringify(report)}\n`);
    return;
  }
  if (options.quiet) return;
  const { id, state, event_id: eventId } = report;
  process.stdout.write(`${state} ${eventId ?? id}\n`);
  if (report.error !== undefined) process.stderr.write(`${printableLine(report.error)}\n`);
}

function exitCode(report: SendReport): number {
  switch (report.state) {
    case 'delivered':
    case 'accepted':
      return 0;
    case 'kept':
      return catalogue.kept.exit;
    case 'dead':
      return catalogue.undeliverable.exit;
  }
}

/** The daemon does not see our environment, and its default room may be another. */
function withRoom(options: SendOptions, { env }: SendProcess): SendOptions {
  return { ...options, room: options.room ?? (env['BELLHOP_ROOM'] || undefined) };
}

async function send(called: SendOptions, process: SendProcess): Promise<number> {
  const options = withRoom(called, process);
  const settings = await loadSendSettings(options.config, process);
  const text = options.text ?? (await readInput(process, options));
  checkMessage(options, text);
  if (options.dryRun) {
    const { dryRun } = await import('./dry-run.ts');
    process.stdout.write(`${await dryRun(settings, options, text)}\n`);
    return 0;
  }
  const report = await deliver(settings, options, text, process);
  print(report, options, process);
  return exitCode(report);
}

/**
 * `bellhop send`: the exit code. What follows `send` on the command line is in `args`.
 *
 * @throws Failure why nothing was sent, or why it is not known whether it was
 */
export async function runSend(args: readonly string[], process: SendProcess): Promise<number> {
  try {
    const options = readSendOptions(args);
    if (options !== undefined) return await send(options, process);
    await process.help();
    return 0;
  } catch (thrown) {
    throw toFailure(thrown);
  }
}
