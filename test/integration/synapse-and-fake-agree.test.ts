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
      const sends = Array.from({ length: 20 }, (_, place) =>
        stage.say(roomId, `burst-${place}`, stage.alice.token).catch(() => undefined),
      );
      const [first] = await Promise.all(sends.slice(0, 1));
      const synapse = stage.homeserver as Synapse;
      await synapse.kill9();
      const before = await Promise.all(sends);
      await synapse.start();
      expect(await stage.say(roomId, 'burst-0', stage.alice.token)).toBe(first);
      for (const [place, event] of before.entries()) {
        const again = await stage.say(roomId, `burst-${place}`, stage.alice.token);
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
