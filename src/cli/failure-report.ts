import { inspect, styleText } from 'node:util';
import type { Failure } from '../errors.ts';
import { printableLine } from '../printable-line.ts';

export interface ReportStyle {
  readonly color: boolean;
  /** Also what caused it. */
  readonly verbose: boolean;
  readonly json: boolean;
}

/** A longer chain is a loop. */
const causesMax = 10;

function causesOf(failure: Failure): string[] {
  const lines: string[] = [];
  let cause: unknown = failure.cause;
  for (let depth = 0; depth < causesMax && cause !== undefined; depth++) {
    const text = cause instanceof Error ? (cause.stack ?? cause.message) : inspect(cause);
    lines.push(...`Caused by: ${text}`.split('\n'));
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return lines;
}

function asJson(failure: Failure, causes: readonly string[]): string {
  const { code, entry, detail, problems } = failure;
  const { sentence, remedy } = entry;
  const cause = causes.length === 0 ? undefined : causes;
  return JSON.stringify({ error: { code, sentence, detail, problems, remedy, cause } });
}

/** A failure as a command shows it: what is the matter, where, and what to do; ends with a line end. */
export function reportFailure(failure: Failure, style: ReportStyle): string {
  const causes = style.verbose ? causesOf(failure) : [];
  if (style.json) return `${asJson(failure, causes)}\n`;
  const paint = (format: 'red' | 'bold', text: string): string =>
    style.color ? styleText(format, text, { validateStream: false }) : text;
  const remedy =
    failure.code === 'bug' && !style.verbose
      ? `${failure.entry.remedy} With -v it says what caused it.`
      : failure.entry.remedy;
  return [
    `${paint('red', 'bellhop:')} ${paint('bold', printableLine(failure.message))}`,
    ...failure.problems.map((problem) => `  ${printableLine(problem)}`),
    printableLine(remedy),
    ...causes.map(printableLine),
    '',
  ].join('\n');
}
