import type { CliContext } from '../../context.ts';

type StopSignal = 'SIGINT' | 'SIGTERM';

/** What a second signal makes of the exit code: 128 + SIGINT, as shells have it; else that it did not end well. */
const cutExits = { SIGINT: 130, SIGTERM: 1 } as const;

/** Waits for the signals that end the daemon. */
export interface StopSignals {
  /** The first signal. */
  readonly first: Promise<StopSignal>;
  /** Calls `cut` at every later signal. */
  onLater(cut: () => void): void;
  /** Gives the signals back. */
  close(): void;
}

/** Listens from now on. */
export function listenToStopSignals(context: CliContext): StopSignals {
  const first = Promise.withResolvers<StopSignal>();
  let isStopping = false;
  let cut: () => void = () => undefined;
  const onSignal = (signal: StopSignal): void => {
    if (!isStopping) {
      isStopping = true;
      first.resolve(signal);
      return;
    }
    context.setExitCode(cutExits[signal]);
    cut();
  };
  const ends = (['SIGINT', 'SIGTERM'] as const).map((signal) =>
    context.onSignal(signal, () => onSignal(signal)),
  );
  return {
    first: first.promise,
    onLater(listener) {
      cut = listener;
    },
    close() {
      for (const end of ends) end();
    },
  };
}
