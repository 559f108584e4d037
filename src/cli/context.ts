/** Where a command writes; `process.stdout` is one. */
export interface CliOutput {
  write(text: string): unknown;
  /** True on a terminal. */
  readonly isTTY?: boolean | undefined;
  /** Width of the terminal. */
  readonly columns?: number | undefined;
}

/** Where a command reads; `process.stdin` is one. */
export interface CliInput extends AsyncIterable<Uint8Array | string> {
  readonly isTTY?: boolean | undefined;
  /** Ends a read that waits. */
  destroy(): unknown;
}

/** All that a command sees of the process it runs in, so that a test can be that process. */
export interface CliContext {
  readonly stdin: CliInput;
  /** Results, and nothing else. */
  readonly stdout: CliOutput;
  readonly stderr: CliOutput;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The working directory, absolute. */
  readonly cwd: string;
  /** The user's home directory. */
  readonly home: string;
  readonly version: string;
  /** Aborts at the first SIGINT, unless the command listens to it itself; the process ends soon after. */
  readonly signal: AbortSignal;
  /** Listens to a signal instead of what it does by default. The returned function ends it. */
  onSignal(signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP', listener: () => void): () => void;
  /** The exit code of a command that ends without a failure; 0 unless it is set. */
  setExitCode(code: number): void;
}
