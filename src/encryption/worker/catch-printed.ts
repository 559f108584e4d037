/** A message of a panic with its stack; beyond this it is repetition. */
const printedCharsMax = 4_000;

/**
 * Gives `print` what the engine writes to the console of this thread, until the returned function is called. It writes when
 * it dies, and only then; that belongs into the failure, not among the process's own output.
 */
export function catchPrinted(print: (text: string) => void): () => void {
  const { error, warn, info, log, debug } = globalThis.console;
  const write = (...parts: unknown[]) =>
    print(parts.map(String).join(' ').slice(0, printedCharsMax));
  Object.assign(globalThis.console, {
    error: write,
    warn: () => undefined,
    info: () => undefined,
    log: () => undefined,
    debug: () => undefined,
  });
  return () => Object.assign(globalThis.console, { error, warn, info, log, debug });
}
