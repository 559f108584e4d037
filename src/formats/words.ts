import type { Severity, Status } from '../notification/notification.ts';

const severityWords: Readonly<Record<Severity, string>> = {
  debug: 'debug trace verbose min',
  info: 'info information informational ok normal low none success',
  notice: 'notice default',
  warning: 'warning warn minor medium moderate average high',
  error: 'error err major severe failure',
  critical: 'critical crit fatal emergency emerg alert panic urgent max disaster page',
};

const statusWords: Readonly<Record<Status, string>> = {
  firing: 'firing alerting alert active open problem triggered down offline trigger',
  resolved: 'resolved resolve ok up online closed recovered recovery normal inactive fixed',
  running: 'running started progressing pending queued in_progress building deploying',
  succeeded: 'succeeded success successful passed pass completed complete done healthy finished',
  failed: 'failed failure fail error errored degraded aborted broken timeout',
  unknown: 'unknown nodata no_data missing',
};

/** ntfy's priorities 1 to 5, which others copied. */
const priorities: readonly Severity[] = ['debug', 'info', 'notice', 'warning', 'critical'];

function byWord<Meaning extends string>(
  table: Readonly<Record<Meaning, string>>,
): ReadonlyMap<string, Meaning> {
  const meanings = new Map<string, Meaning>();
  for (const meaning of Object.keys(table) as Meaning[]) {
    for (const word of table[meaning].split(' ')) meanings.set(word, meaning);
  }
  return meanings;
}

const severityOf = byWord(severityWords);
const statusOf = byWord(statusWords);

const normal = (word: string): string =>
  word
    .trim()
    .toLowerCase()
    .replace(/[\s-]+/g, '_');

/** The severity a sender's word or ntfy-like priority (1 to 5) means; undefined if it is none we know. */
export function readSeverity(word: string): Severity | undefined {
  return severityOf.get(normal(word)) ?? priorities[Number(word.trim()) - 1];
}

/** The status a sender's word means; undefined if it is none we know. */
export function readStatus(word: string): Status | undefined {
  return statusOf.get(normal(word));
}
