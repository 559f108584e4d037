/** Users of whom a device in mortal-worker.contract.ts takes the question for its master key badly. */
export const deadly = {
  /** The engine panics. */
  panic: '@panic:example.org',
  /** The thread ends at once. */
  exit: '@exit:example.org',
  /** There is never an answer. */
  silence: '@silence:example.org',
} as const;
