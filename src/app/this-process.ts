import process from 'node:process';
import { type Clock, systemClock } from '../clock.ts';
import type { Holder } from '../store/owner-lock.ts';

/** This process as the owner of a data directory, running as `command`. */
export function thisProcess(command: string, clock: Pick<Clock, 'now'> = systemClock): Holder {
  // Loaded only when it is asked for: `send` rarely does.
  const { hostname } = process.getBuiltinModule('node:os');
  return { pid: process.pid, host: hostname(), startedAt: clock.now(), command };
}
