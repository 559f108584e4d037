import { type DestinationStream, destination } from 'pino';
import type { CliContext } from '../../context.ts';
import type { GlobalOptions } from '../../global-options.ts';
import { usesColor } from '../../uses-color.ts';
import { readableLog } from './readable-log.ts';

/**
 * Where the daemon's log lines go: on a terminal readable ones, else JSON. A real stream has a descriptor, to which the
 * logger writes by itself without holding up anybody.
 */
export function logStream(
  context: CliContext,
  options: Pick<GlobalOptions, 'color'>,
): DestinationStream {
  const { stderr } = context;
  if (stderr.isTTY === true) return readableLog(stderr, usesColor(context, options));
  if ('fd' in stderr && typeof stderr.fd === 'number') {
    return destination({ dest: stderr.fd, sync: false });
  }
  return {
    write(line) {
      stderr.write(line);
    },
  };
}
