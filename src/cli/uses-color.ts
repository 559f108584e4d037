import type { CliContext } from './context.ts';
import type { GlobalOptions } from './global-options.ts';

/** Whether to colour what goes to standard error: only on a terminal, and never against the user's wish. */
export function usesColor(
  { env, stderr }: Pick<CliContext, 'env' | 'stderr'>,
  options: Pick<GlobalOptions, 'color'>,
): boolean {
  const { NO_COLOR: noColor, TERM: term } = env;
  const unwanted = noColor !== undefined && noColor !== '';
  return options.color && stderr.isTTY === true && !unwanted && term !== 'dumb';
}
