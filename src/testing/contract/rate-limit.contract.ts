import { expect, it } from 'vitest';
import type { Stage } from './stage.contract.ts';
import { text } from './stage.contract.ts';

/** Synapse's default allows ten messages at once, of which the creation of the room takes one. */
const sendsMax = 10;

/** What a user meets who sends faster than Synapse's default allows, which is 0.2 a second after a burst of 10. */
export function describeRateLimit(stage: Stage): void {
  it('the first ten are taken, then a 429 says in header and body how long to wait', async () => {
    const roomId = await stage.room();
    const { token } = stage.alice;
    const send = (txnId: string) => stage.send(roomId, txnId, { token, body: text(txnId) });
    const first = await send('first');
    expect(first.status).toBe(200);
    let answer = first;
    let sent = 1;
    while (answer.status === 200 && sent <= sendsMax) answer = await send(`more-${sent++}`);
    expect(answer).toMatchObject({ status: 429, json: { errcode: 'M_LIMIT_EXCEEDED' } });
    const retryAfterMs = Number(answer.json['retry_after_ms']);
    expect(retryAfterMs).toBeGreaterThan(0);
    expect(retryAfterMs).toBeLessThanOrEqual(5000);
    expect(answer.headers.get('retry-after')).toBe(String(Math.ceil(retryAfterMs / 1000)));
    // What is remembered is answered all the same.
    expect((await send('first')).json).toEqual(first.json);
  });
}
