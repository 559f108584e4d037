import { styleText } from 'node:util';
import type { Finding } from '../../app/doctor/finding.ts';
import type { CliContext } from '../context.ts';
import type { GlobalOptions } from '../global-options.ts';

const colors = { ok: 'green', warn: 'yellow', fail: 'red' } as const;

/** Names in files and words of servers could steer a terminal. */
const printable = (text: string): string => text.replace(/\p{Cc}+/gu, ' ');

/** Whether to colour what goes to standard output. */
function colorsResults(context: CliContext, options: GlobalOptions): boolean {
  const { NO_COLOR: noColor, TERM: term } = context.env;
  const unwanted = noColor !== undefined && noColor !== '';
  return options.color && context.stdout.isTTY === true && !unwanted && term !== 'dumb';
}

/** Writes one check's line to standard output; with `--quiet` only what is not well. */
export function reportFinding(context: CliContext, options: GlobalOptions, finding: Finding): void {
  const { check, state, detail, remedy } = finding;
  if (options.quiet === true && state === 'ok') return;
  if (options.json === true) {
    context.stdout.write(`${JSON.stringify({ check, state, detail, remedy })}\n`);
    return;
  }
  const word = state.padEnd(4);
  const painted = colorsResults(context, options)
    ? styleText(colors[state], word, { validateStream: false })
    : word;
  const end = /[.!?]$/.test(detail) ? '' : '.';
  const advice = remedy === undefined ? '' : `${end} ${remedy}`;
  context.stdout.write(`${painted}  ${printable(`${check}: ${detail}${advice}`)}\n`);
}

/** The exit code that findings come to: that of the first failure; warnings do not count. */
export function exitOf(findings: readonly Finding[]): number {
  return findings.find(({ state }) => state === 'fail')?.exit ?? 0;
}
