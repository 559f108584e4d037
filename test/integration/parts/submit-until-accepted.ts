import { pause, systemClock } from '../../../src/clock.ts';
import { call } from './call.ts';

/** A daemon that is killed is back within a second or two; a busy machine may take several times that. */
const repeatAfterMs = 25;
const repeatsMax = 4_000;

/** Where a message goes, and who says so. */
export interface Submitted {
  readonly url: string;
  readonly token: string;
  readonly room: string;
}

/** A client as the guide for scripts has it: it repeats a message under the same key until it has its 2xx. */
export async function submitUntilAccepted(
  { url, token, room }: Submitted,
  mark: string,
): Promise<void> {
  for (let repeats = 0; repeats < repeatsMax; repeats++) {
    const answer = await call('POST', `${url}/v1/notifications`, {
      token,
      headers: { 'idempotency-key': mark },
      body: { room, body: mark },
    }).catch(() => undefined);
    if (answer !== undefined && answer.status < 300) return;
    if (answer !== undefined && answer.status < 500) throw new Error(`${mark}: ${answer.text}`);
    await pause(systemClock, repeatAfterMs);
  }
  throw new Error(`${mark} was never accepted.`);
}
