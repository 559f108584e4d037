import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Stage } from '../../src/testing/contract/stage.contract.ts';
import { startFakeHomeserver } from '../../src/testing/fake-homeserver.ts';
import {
  describeHomeserver,
  describeLimitedHomeserver,
} from '../../src/testing/homeserver.contract.ts';
import { describeWithSynapse } from '../synapse/describe-with-synapse.ts';
import { ensureSynapse } from '../synapse/ensure-synapse.ts';
import { type Synapse, startSynapse } from '../synapse/start-synapse.ts';

describeHomeserver('the fake homeserver', () => startFakeHomeserver());
describeLimitedHomeserver('the fake homeserver with limits', async () => {
  const homeserver = await startFakeHomeserver();
  homeserver.rateLimit({ perSecond: 0.2, burst: 10 });
  return homeserver;
});

await describeWithSynapse('the real one', () => {
  describeHomeserver('Synapse', () => startSynapse({ limits: 'open' }));
  describeLimitedHomeserver('Synapse with limits', () => startSynapse({ limits: 'default' }));

  it('knows after a kill -9 which transactions it has acknowledged', async () => {
    const stage = new Stage(() => startSynapse({ limits: 'open' }));
    await stage.raise();
    try {
      const roomId = await stage.room();
      // Each says something else: two that are alike in the same millisecond have the same hash, and so are one event,
      // of which only one transaction is remembered.
      const say = (place: number) =>
        stage.say(roomId, `burst-${place}`, stage.alice.token, `number ${place}`);
      const sends = Array.from({ length: 20 }, (_, place) => say(place).catch(() => undefined));
      const [first] = await Promise.all(sends.slice(0, 1));
      const synapse = stage.homeserver as Synapse;
      await synapse.kill9();
      const before = await Promise.all(sends);
      await synapse.start();
      expect(await say(0)).toBe(first);
      for (const [place, event] of before.entries()) {
        const again = await say(place);
        if (event !== undefined) expect(again).toBe(event);
      }
    } finally {
      await stage.strike();
    }
  });
});

it('is said why there is no Synapse where there is no Python', async () => {
  const cache = await mkdtemp(join(tmpdir(), 'bellhop-no-synapse-'));
  try {
    const ensured = ensureSynapse({ python: 'no-such-python', cache });
    await expect(ensured).rejects.toThrow(/^no Synapse: there is no no-such-python$/);
    expect(await readdir(cache)).toEqual([]);
  } finally {
    await rm(cache, { recursive: true });
  }
});
