import type { CliContext } from '../../context.ts';

/** SIGHUP, which would end the process at once if nobody listened to it. */
export interface Hangups {
  /** Answers each from now on, one after the other, and now if there was any before. `answer` must not reject. */
  onEach(answer: () => Promise<void>): void;
  /** Gives the signal back. */
  close(): void;
}

/** Listens from now on. */
export function listenToHangups(context: CliContext): Hangups {
  let wasThere = false;
  let last = Promise.resolve();
  let act = (): void => {
    wasThere = true;
  };
  const end = context.onSignal('SIGHUP', () => act());
  return {
    onEach(answer) {
      act = () => {
        last = last.then(answer);
      };
      if (wasThere) act();
    },
    close: end,
  };
}
