import { setFlagsFromString } from 'node:v8';

/**
 * On a machine with much memory V8 lets the heap of a busy daemon grow to several times what is alive in it: these bounds
 * halve it. Young objects are collected by one thread, as several spend more on each other than on the objects. A running
 * process cannot set the first of these.
 */
const heapBounds = [
  '--max-semi-space-size=32',
  '--heap-growing-percent=30',
  '--no-parallel-scavenge',
];
/** The first bound would be that of all later threads too, in place of what is said for each: it is taken back. */
const threadsHaveTheirOwn = '--max-semi-space-size=0';

/**
 * How many heaps the C library keeps for its threads. Messages are allocated in one thread and freed in another, and
 * what is free in one heap helps no other: with one for all, the peak of a flood is a tenth lower, and nothing waits.
 */
const arenasMax = 'MALLOC_ARENA_MAX';

/**
 * Becomes the same command with bounded memory, under the same process id. The second time, in what it became, it bounds
 * the threads to come. Where a process cannot become another, it does nothing.
 */
export function boundMemory(
  { execve, execPath, execArgv, argv, env, platform }: NodeJS.Process,
  setFlags: (flag: string) => void = setFlagsFromString,
): void {
  const missing = heapBounds.filter((bound) => !execArgv.includes(bound));
  if (missing.length === 0 && env[arenasMax] !== undefined) {
    setFlags(threadsHaveTheirOwn);
    return;
  }
  if (platform === 'win32' || execve === undefined) return;
  const args = [execPath, ...missing, ...execArgv, ...argv.slice(1)];
  execve.call(process, execPath, args, { [arenasMax]: '1', ...env });
}
