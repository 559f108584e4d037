import { expect, it } from 'vitest';
import {
  type ScriptedAnswer,
  scriptedHomeserver,
} from '../../matrix/scripted-homeserver.contract.ts';
import { ManualClock } from '../../testing/manual-clock.ts';
import { PatientHomeserver } from './patient-homeserver.ts';

const limited = (body: object, headers = {}): ScriptedAnswer => ({
  json: { errcode: 'M_LIMIT_EXCEEDED', ...body },
  status: 429,
  headers,
});
const request = { method: 'PUT', path: '/x' } as const;

/** Lets what is pending go on until the next timer is set. */
const settle = async (): Promise<void> => {
  await new Promise((resolve) => setImmediate(resolve));
};

it('waits as long as it is told, and asks again', async () => {
  const answers = [
    limited({ retry_after_ms: 4000 }),
    limited({}, { 'retry-after': '62' }),
    limited({}),
    { json: { ok: true } },
  ];
  const inner = scriptedHomeserver(() => answers.shift() ?? { json: {} });
  const clock = new ManualClock();
  const response = new PatientHomeserver(inner, clock).request(request);
  for (const waitMs of [4000, 62_000, 1000]) {
    await settle();
    expect(clock.nextDueMs).toBe(waitMs);
    clock.advance(waitMs);
  }
  expect((await response).status).toBe(200);
  expect(inner.requests).toHaveLength(4);
});

it('gives up where it would wait too long, or nobody waits any more', async () => {
  const clock = new ManualClock();
  const slow = scriptedHomeserver(() => limited({ retry_after_ms: 3_600_000 }));
  expect((await new PatientHomeserver(slow, clock).request(request)).status).toBe(429);
  const stop = new AbortController();
  const short = scriptedHomeserver(() => limited({ retry_after_ms: 10 }));
  const response = new PatientHomeserver(short, clock).request({ ...request, signal: stop.signal });
  await settle();
  stop.abort();
  expect((await response).status).toBe(429);
  expect(short.requests).toHaveLength(1);
});
