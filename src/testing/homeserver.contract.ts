import { afterAll, beforeAll, describe } from 'vitest';
import { describeAdministration } from './contract/admin.contract.ts';
import { describeDeployment } from './contract/deployment.contract.ts';
import { describeDeviceSync } from './contract/device-sync.contract.ts';
import { describeKeys } from './contract/keys.contract.ts';
import { describeLogin } from './contract/login.contract.ts';
import { describeRateLimit } from './contract/rate-limit.contract.ts';
import { describeReading } from './contract/reading.contract.ts';
import { describeRooms } from './contract/rooms.contract.ts';
import { describeContents, describeTransactions } from './contract/send.contract.ts';
import { type ContractHomeserver, Stage } from './contract/stage.contract.ts';

/** Holds a homeserver to every behaviour that Bellhop relies on: one meaning for the fake and the real one. */
export function describeHomeserver(name: string, start: () => Promise<ContractHomeserver>): void {
  describe(name, () => {
    const stage = new Stage(start);
    beforeAll(() => stage.raise());
    afterAll(() => stage.strike());
    describeLogin(stage);
    describeTransactions(stage);
    describeContents(stage);
    describeRooms(stage);
    describeReading(stage);
    describeKeys(stage);
    describeDeviceSync(stage);
    describeAdministration(stage);
    describeDeployment(stage);
  });
}

/** Holds a homeserver with Synapse's default rate limits to what a user meets there. */
export function describeLimitedHomeserver(
  name: string,
  start: () => Promise<ContractHomeserver>,
): void {
  describe(name, () => {
    const stage = new Stage(start);
    beforeAll(() => stage.raise());
    afterAll(() => stage.strike());
    describeRateLimit(stage);
  });
}
