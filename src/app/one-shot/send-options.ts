import { parseArgs } from 'node:util';
import { Failure } from '../../errors.ts';
import { severities, statuses } from '../../notification/notification.ts';
import { readPlainWords } from './plain-words.ts';

/** What `bellhop send` was asked to do. */
export interface SendOptions {
  /** The text; undefined: standard input. */
  readonly text: string | undefined;
  readonly config: string | undefined;
  readonly room: string | undefined;
  readonly title: string | undefined;
  readonly format: 'plain' | 'markdown' | 'html';
  readonly severity: (typeof severities)[number] | undefined;
  readonly status: (typeof statuses)[number] | undefined;
  readonly link: string | undefined;
  readonly key: string | undefined;
  readonly thread: string | undefined;
  readonly mention: readonly string[] | 'room' | undefined;
  readonly silent: boolean;
  readonly attach: string | undefined;
  readonly idempotencyKey: string | undefined;
  readonly expireAfterMs: number | undefined;
  /** Undefined: not asked for. */
  readonly waitMs: number | undefined;
  readonly queue: boolean;
  readonly store: boolean;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly dryRun: boolean;
}

/** Every option of `bellhop send`, as parseArgs knows them. */
export const sendOptionTypes = {
  config: { type: 'string', short: 'c' },
  room: { type: 'string', short: 'r' },
  title: { type: 'string', short: 't' },
  format: { type: 'string' },
  severity: { type: 'string' },
  status: { type: 'string' },
  link: { type: 'string' },
  key: { type: 'string' },
  thread: { type: 'string' },
  mention: { type: 'string', multiple: true },
  silent: { type: 'boolean' },
  attach: { type: 'string' },
  'idempotency-key': { type: 'string' },
  'expire-after': { type: 'string' },
  wait: { type: 'string' },
  queue: { type: 'boolean' },
  'no-store': { type: 'boolean' },
  json: { type: 'boolean' },
  quiet: { type: 'boolean', short: 'q' },
  verbose: { type: 'boolean', short: 'v' },
  'no-color': { type: 'boolean' },
  'dry-run': { type: 'boolean', short: 'n' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** What `--wait` alone means, in milliseconds: what the contract names. */
const waitMsDefault = 10_000;

const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

const usage = (detail: string): Failure => new Failure('usage', { detail });

function duration(name: string, text: string | undefined): number | undefined {
  if (text === undefined || text === 'never') return undefined;
  const [, count, unit] = /^(\d{1,9})(ms|s|m|h|d)$/.exec(text) ?? [];
  const factor = unitMs[unit ?? ''];
  if (factor === undefined) throw usage(`--${name} takes a time such as 10s, 5m or 2h.`);
  return Number(count) * factor;
}

function oneOf<Choice extends string>(
  name: string,
  text: string | undefined,
  choices: readonly Choice[],
): Choice | undefined {
  if (text === undefined) return undefined;
  const choice = choices.find((candidate) => candidate === text);
  if (choice === undefined) throw usage(`--${name} takes one of ${choices.join(', ')}.`);
  return choice;
}

/** The daemon takes it as a header, which cannot hold line ends or anything beyond Latin-1. */
function idempotencyKey(text: string | undefined): string | undefined {
  if (text === '') throw usage('--idempotency-key is empty, so nothing would be recognised by it.');
  if (text === undefined || /^[\x20-\x7e]{1,255}$/.test(text)) return text;
  throw usage('--idempotency-key takes at most 255 characters of printable ASCII.');
}

function mentions(named: readonly string[] | undefined): SendOptions['mention'] {
  if (named === undefined) return undefined;
  return named.includes('room') ? 'room' : named;
}

/** `--wait` may stand alone, which parseArgs does not know. */
function withWaitValue(args: readonly string[]): string[] {
  return args.map((arg) => (arg === '--wait' ? `--wait=${waitMsDefault}ms` : arg));
}

type Words = ReturnType<
  typeof parseArgs<{ options: typeof sendOptionTypes; allowPositionals: true }>
>;

function parse(args: readonly string[]): Words {
  const words = withWaitValue(args);
  const plain = readPlainWords(words, sendOptionTypes);
  // Its values have the types that the options say.
  if (plain !== undefined) return plain as Words;
  try {
    return parseArgs({ args: words, options: sendOptionTypes, allowPositionals: true });
  } catch (cause) {
    const [words = ''] = (cause instanceof Error ? cause.message : '').split('. ');
    throw new Failure('usage', { detail: `${words}.`, cause });
  }
}

/**
 * Reads the arguments that follow `send`; undefined: help is asked for.
 *
 * @throws Failure usage
 */
export function readSendOptions(args: readonly string[]): SendOptions | undefined {
  const { values, positionals } = parse(args);
  if (values.help === true) return undefined;
  if (values.queue === true && values['no-store'] === true) {
    throw usage('--queue and --no-store exclude each other.');
  }
  const text = positionals.join(' ');
  return {
    text: positionals.length === 0 || text === '-' ? undefined : text,
    config: values.config,
    room: values.room,
    title: values.title,
    format: oneOf('format', values.format, ['plain', 'markdown', 'html']) ?? 'plain',
    severity: oneOf('severity', values.severity, severities),
    status: oneOf('status', values.status, statuses),
    link: values.link,
    key: values.key,
    thread: values.thread,
    mention: mentions(values.mention),
    silent: values.silent === true,
    attach: values.attach,
    idempotencyKey: idempotencyKey(values['idempotency-key']),
    expireAfterMs: duration('expire-after', values['expire-after']),
    waitMs: duration('wait', values.wait),
    queue: values.queue === true,
    store: values['no-store'] !== true,
    json: values.json === true,
    quiet: values.quiet === true,
    dryRun: values['dry-run'] === true,
  };
}
