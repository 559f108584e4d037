import { dirname } from 'node:path';
import { Failure } from '../errors.ts';
import { type Holder, type Ownership, takeOwnership } from './owner-lock.ts';
import type { ShapeGuard } from './sqlite/migrate.ts';

function own(file: string, holder: Holder): Ownership {
  try {
    return takeOwnership(dirname(file), holder);
  } catch (cause) {
    if (!(cause instanceof Failure && cause.code === 'data_dir_owned')) throw cause;
    const detail = `${file} is that of an older version, which runs: restart it. ${cause.detail ?? ''}`;
    throw new Failure('storage_failed', { detail: detail.trimEnd(), cause });
  }
}

/**
 * Runs a change of the database's shape unless a process owns it, which would not find its way in it any more. For as
 * long as that takes `holder` owns it; who that is is asked then alone.
 */
export function whileUnowned(file: string, holder: () => Holder): ShapeGuard {
  return (change) => {
    const ownership = own(file, holder());
    try {
      change();
    } finally {
      ownership.release();
    }
  };
}
