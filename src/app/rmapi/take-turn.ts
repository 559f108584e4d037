import { type Clock, pause } from '../../clock.ts';
import { Failure } from '../../errors.ts';
import { type Holder, type Ownership, takeOwnership } from '../../store/owner-lock.ts';

/** A predecessor that was told to stop has ended by then: it answers what is under way, and closes. */
const turnMsMax = 20_000;
/** The kernel frees the lock of a process that ends at once. */
const lookMs = 250;

export interface Turn {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Called once, if it must wait. */
  readonly onWait: (detail: string) => void;
}

/**
 * Owns a data directory, after waiting for whoever does, at most 20 s.
 * @throws Failure data_dir_owned, data_dir_unusable
 */
export async function takeTurn(
  dir: string,
  holder: Holder,
  { clock, signal, onWait }: Turn,
): Promise<Ownership> {
  const endsAt = clock.monotonic() + turnMsMax;
  for (let look = 0; ; look++) {
    try {
      return takeOwnership(dir, holder);
    } catch (error) {
      const isOwned = error instanceof Failure && error.code === 'data_dir_owned';
      if (!isOwned || signal.aborted || clock.monotonic() >= endsAt) throw error;
      if (look === 0) onWait(error.message);
    }
    await pause(clock, lookMs, signal);
  }
}
