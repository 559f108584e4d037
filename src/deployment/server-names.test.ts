import { expect, it } from 'vitest';
import { openHomeserver } from '../matrix/undici-homeserver.ts';
import { startFakeHomeserver } from '../testing/fake-homeserver.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { Deployment } from './deployment.ts';
import { parseDeployment } from './file/parse-deployment.ts';

it.each(['matrix.example.org:8448', '192.0.2.1:8448', '[2001:db8::1]:8448', '[::1]'])(
  'a deployment is made on a homeserver named %s, and then nothing is written',
  async (serverName) => {
    await using fake = await startFakeHomeserver({ serverName });
    const homeserver = openHomeserver(fake.baseUrl);
    const session = { homeserver, ...fake.createUser('bot', { admin: true }) };
    const parsed = parseDeployment({
      homeserver: fake.baseUrl,
      server_name: serverName,
      bot: { username: 'bot', token_file: 't' },
      space: { alias: 'space' },
      rooms: { general: { alias: 'general', aliases: ['talk'], join_rule: 'restricted' } },
    });
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    const deployment = new Deployment(parsed.deployment, {
      session: () => Promise.resolve(session),
      takeWriter: () => ({ release: () => undefined }),
      clock: new ManualClock(),
      onStep: () => undefined,
    });
    const { signal } = new AbortController();
    expect(await deployment.apply(signal)).toMatchObject({ converged: true, findings: [] });
    expect(await deployment.apply(signal)).toMatchObject({ converged: true, taken: [] });
    await homeserver.close();
  },
);
