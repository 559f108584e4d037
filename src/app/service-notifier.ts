import { execFile } from 'node:child_process';

/** Tells the service supervisor how the daemon is (sd_notify(3)); does nothing where none listens. */
export interface ServiceNotifier {
  ready(): void;
  reloading(): void;
  stopping(): void;
  /** Stops the watchdog's heartbeat. */
  close(): void;
}

/** A supervisor that does not listen must not hold up what it is told next, in milliseconds. */
const toldWithinMs = 5_000;
/** systemd wants a sign of life at least this many times within its watchdog's time. */
const beatsPerWatchdog = 3;

const silent: ServiceNotifier = {
  ready: () => undefined,
  reloading: () => undefined,
  stopping: () => undefined,
  close: () => undefined,
};

/**
 * Node.js has no datagram sockets of the unix kind, so systemd's own `systemd-notify` speaks for us; the unit needs
 * `NotifyAccess=all`. That it fails is no reason to fail.
 */
export function openServiceNotifier(env: NodeJS.ProcessEnv): ServiceNotifier {
  if (env['NOTIFY_SOCKET'] === undefined) return silent;
  // One after the other: of two at once the later state may arrive first, and stay.
  let last = Promise.resolve();
  const tell = (state: string) => {
    const told = (done: () => void) =>
      execFile('systemd-notify', [state], { env, timeout: toldWithinMs }, () => done());
    last = last.then(async () => await new Promise<void>((resolve) => void told(resolve)));
  };
  const watchdogMs = Number(env['WATCHDOG_USEC'] ?? 0) / 1_000;
  const heartbeat =
    watchdogMs > 0
      ? setInterval(() => tell('WATCHDOG=1'), watchdogMs / beatsPerWatchdog).unref()
      : undefined;
  return {
    ready: () => tell('READY=1'),
    reloading: () => tell('RELOADING=1'),
    stopping: () => tell('STOPPING=1'),
    close: () => clearInterval(heartbeat),
  };
}
