import { expect } from 'vitest';
import type { FakeRequest } from '../testing/homeserver/route.ts';
import type { DeliveryStage, StageOptions } from './delivery-fixture.contract.ts';

/** Accepts a message whose answer is lost; `taken`: the homeserver took it. */
export async function leaveUnknown(
  stage: DeliveryStage,
  room: string,
  body: string,
  taken = true,
): Promise<string> {
  const kind = taken ? 'drop-answer' : 'drop-request';
  stage.homeserver.fault('sendMessage', { kind }, { times: 1 });
  const waited = stage.said.laneWaits.length;
  const entryId = await stage.accept(room, body);
  await stage.waits(waited + 1);
  expect(await stage.view(entryId)).toMatchObject({ state: 'unknown' });
  return entryId;
}

/** An account with a password, which gets a new device when its own is deleted. */
export const withPassword: StageOptions = {
  account: { accessToken: undefined, password: async () => await Promise.resolve('bot-password') },
};

/** Logs the device out that the bot speaks from; the homeserver forgets its transaction ids. */
export function deleteDevice(stage: DeliveryStage): void {
  const deviceId = stage.accounts.deviceId('main');
  if (deviceId === undefined) throw new Error('it has no device');
  stage.homeserver.deleteDevice(stage.bot.userId, deviceId);
}

/** The next such request has its effect at once and is answered `delayMs` later; resolves when it had it. */
export async function answeredLate(
  stage: DeliveryStage,
  match: (request: FakeRequest) => boolean,
  delayMs: number,
): Promise<void> {
  const came = Promise.withResolvers<void>();
  const noted = (request: FakeRequest): boolean => {
    if (!match(request)) return false;
    came.resolve();
    return true;
  };
  stage.homeserver.fault(noted, { kind: 'slow', delayMs }, { times: 1 });
  await came.promise;
  await stage.respite();
}
