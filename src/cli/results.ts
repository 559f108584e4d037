import type { CliContext } from './context.ts';
import type { GlobalOptions } from './global-options.ts';

/** Writes one result to standard output: `json` as one line with `--json`, else `text`. */
export function writeResult(
  context: CliContext,
  options: Pick<GlobalOptions, 'json'>,
  result: { readonly json: unknown; readonly text: string },
): void {
  if (options.json === true) context.stdout.write(`${JSON.stringify(result.json)}\n`);
  else context.stdout.write(result.text.endsWith('\n') ? result.text : `${result.text}\n`);
}

/** Tells the user something that is not a result, on standard error; `--quiet` silences it. */
export function writeNote(
  context: CliContext,
  options: Pick<GlobalOptions, 'quiet'>,
  note: string,
): void {
  if (options.quiet !== true) context.stderr.write(`${note}\n`);
}
