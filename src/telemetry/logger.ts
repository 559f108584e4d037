import { type DestinationStream, destination, type Logger, pino } from 'pino';

export const logLevels = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof logLevels)[number];

export interface LoggerOptions {
  readonly level: LogLevel;
  /** Where the lines go; default: standard error. */
  readonly stream?: DestinationStream | undefined;
}

export interface ClosableLogger {
  readonly logger: Logger;
  /** Writes what is still held back. Call it before the process ends. */
  flush(): void;
}

/** File descriptor of standard error: standard output belongs to results. */
const stderr = 2;

/** Should a secret ever come into a field by one of these names, it is not written. */
const redactedPaths = ['token', 'accessToken', 'access_token', 'password', 'authorization'].flatMap(
  (name) => [name, `*.${name}`],
);

/** An error as log lines show it: names, words and causes; never fields, as those may hold a request. */
function describeError(thrown: unknown, depth = 0): unknown {
  if (!(thrown instanceof Error)) return typeof thrown;
  const described = { name: thrown.name, message: thrown.message, stack: thrown.stack };
  // Deeper causes have never said anything that the first four did not.
  if (thrown.cause === undefined || depth >= 4) return described;
  return { ...described, cause: describeError(thrown.cause, depth + 1) };
}

/**
 * A logger of JSON lines: `level` as a word, `time` as ISO 8601, `msg` the event's name, everything else as fields.
 * Writing does not hold up the caller.
 */
export function openLogger(options: LoggerOptions): ClosableLogger {
  const stream = options.stream ?? destination({ dest: stderr, sync: false });
  const logger = pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: (thrown: unknown) => describeError(thrown) },
      redact: { paths: redactedPaths, censor: '[redacted]' },
    },
    stream,
  );
  return {
    logger,
    flush: () => {
      if ('flushSync' in stream && typeof stream.flushSync === 'function') stream.flushSync();
    },
  };
}
