import type { Failure } from '../errors.ts';
import type { CliContext } from './context.ts';
import { reportFailure } from './failure-report.ts';
import { usesColor } from './uses-color.ts';

/** Reports what `send` with `args` could not do, for the command that does without the rest of the command line. */
export function reportSendFailure(
  failure: Failure,
  args: readonly string[],
  host: Pick<CliContext, 'env' | 'stderr'>,
): void {
  const end = args.indexOf('--');
  const options = new Set(end === -1 ? args : args.slice(0, end));
  host.stderr.write(
    reportFailure(failure, {
      color: usesColor(host, { color: !options.has('--no-color') }),
      verbose: options.has('-v') || options.has('--verbose'),
      json: options.has('--json'),
    }),
  );
}
