import { expect, it } from 'vitest';
import { MemoryPeopleLedger } from '../../people/ledger/memory-people-ledger.contract.ts';
import { ManualClock } from '../../testing/manual-clock.ts';
import { DeploymentKeeper } from './deployment-keeper.ts';
import { silentDeploymentEvents } from './silent-deployment-events.ts';

it('once it is closed it looks after nothing more, and says so', async () => {
  const keeper = new DeploymentKeeper({
    ledger: new MemoryPeopleLedger(),
    clock: new ManualClock(),
    events: silentDeploymentEvents,
    intervalMs: 30_000,
  });
  await keeper.use(undefined);
  await keeper.close();
  await expect(keeper.use(undefined)).rejects.toMatchObject({ code: 'shutting_down' });
});
