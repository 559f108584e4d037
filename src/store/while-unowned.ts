import { dirname } from 'node:path';
import process from 'node:process';
import { systemClock } from '../clock.ts';
import { Failure } from '../errors.ts';
import { type Ownership, takeOwnership } from './owner-lock.ts';
import type { ShapeGuard } from './sqlite/migrate.ts';

function own(file: string): Ownership {
  const startedAt = systemClock.now();
  // Loaded for a change of shape alone: `send` passes here each time.
  const { hostname } = process.getBuiltinModule('node:os');
  const holder = { pid: process.pid, host: hostname(), startedAt, command: 'bellhop' };
  try {
    return takeOwnership(dirname(file), holder);
  } catch (cause) {
    if (!(cause instanceof Failure && cause.code === 'data_dir_owned')) throw cause;
    const detail = `${file} is that of an older version, which runs: restart it. ${cause.detail ?? ''}`;
    throw new Failure('storage_failed', { detail: detail.trimEnd(), cause });
  }
}

/** Runs a change of the database's shape unless a process owns it, which would not find its way in it any more. */
export function whileUnowned(file: string): ShapeGuard {
  return (change) => {
    const ownership = own(file);
    try {
      change();
    } finally {
      ownership.release();
    }
  };
}
