import type { FakeHomeserver } from '../../src/testing/fake-homeserver.ts';
import type { FaultBehaviour } from '../../src/testing/homeserver/faults.ts';
import { isOfDaemon } from './kill-points.ts';

/** Waits are as short as each form allows, so that kills and not waits fill the run; `Retry-After` knows whole seconds. */
const faults: readonly FaultBehaviour[] = [
  { kind: 'rate-limited', header: 'seconds', retryAfterMs: 1_000 },
  { kind: 'rate-limited', header: 'none', retryAfterMs: 100 },
  { kind: 'html', status: 502 },
  { kind: 'drop-answer' },
];

/** Makes the homeserver misbehave on this share (0 to 1) of all the daemon's requests, each kind equally often. */
export function injectFaults(homeserver: FakeHomeserver, share: number): void {
  if (share === 0) return;
  for (const fault of faults) {
    homeserver.fault(({ headers }) => isOfDaemon(headers), fault, {
      probability: share / faults.length,
    });
  }
}
