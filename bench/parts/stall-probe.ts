import { isMainThread } from 'node:worker_threads';

/**
 * Loaded before the daemon: measures how long its event loop is held up, and prints the longest time since the last
 * signal SIGUSR2 as `{"cpuMs", "wallMs"}`. Beside the time of the clock there is the thread's own, which leaves out what
 * other programs take of a busy machine.
 */
const everyMs = 2;

function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

if (isMainThread) {
  let longest = { cpuMs: 0, wallMs: 0 };
  let last = { cpu: cpuMs(), wall: performance.now() };
  setInterval(() => {
    const now = { cpu: cpuMs(), wall: performance.now() };
    longest = {
      cpuMs: Math.max(longest.cpuMs, now.cpu - last.cpu),
      wallMs: Math.max(longest.wallMs, now.wall - last.wall - everyMs),
    };
    last = now;
  }, everyMs).unref();
  process.on('SIGUSR2', () => {
    console.log(JSON.stringify(longest));
    longest = { cpuMs: 0, wallMs: 0 };
  });
}
