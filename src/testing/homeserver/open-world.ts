import type { Clock } from '../../clock.ts';
import { EncryptionChecker } from '../encryption-checker.ts';
import { AccountEntries } from './account-entries.ts';
import { AnswerMemory } from './answer-memory.ts';
import { CrossSigning } from './cross-signing.ts';
import { DeviceInboxes } from './device-inboxes.ts';
import { DeviceKeys } from './device-keys.ts';
import { DeviceLists } from './device-lists.ts';
import { Filters } from './filters.ts';
import { IdSource } from './id-source.ts';
import { InteractiveAuth } from './interactive-auth.ts';
import { Media } from './media.ts';
import { Nonces } from './nonces.ts';
import { RateLimit } from './rate-limit.ts';
import { Rooms } from './rooms.ts';
import { defaultSettings } from './settings.ts';
import { Stream } from './stream.ts';
import { Transactions } from './transactions.ts';
import { Users } from './users.ts';
import type { World } from './world.ts';

export interface WorldOptions {
  readonly serverName: string;
  readonly registrationSharedSecret: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly record: boolean;
  readonly roomVersion: string | undefined;
  readonly tokenLifetimeMs: number | undefined;
  readonly uploadBytesMax: number | undefined;
}

/** Synapse's default. */
const tokenLifetimeMsDefault = 300_000;
/** Synapse's default, 50 MiB. */
const uploadBytesMaxDefault = 52_428_800;

/** A homeserver's knowledge before anything has happened. */
export function openWorld(options: WorldOptions): World {
  const { serverName, clock } = options;
  const ids = new IdSource(options.random);
  const stream = new Stream();
  const transactions = new Transactions(clock);
  const encryptionChecker = new EncryptionChecker();
  const deviceLists = new DeviceLists(stream);
  const deviceKeys = new DeviceKeys(deviceLists, encryptionChecker);
  const crossSigning = new CrossSigning(deviceLists, deviceKeys);
  const inboxes = new DeviceInboxes(stream);
  const tokenLifetimeMs = options.tokenLifetimeMs ?? tokenLifetimeMsDefault;
  const users = new Users(clock, ids, tokenLifetimeMs, {
    came: (userId) => deviceLists.record(userId),
    went: (userId, deviceId) => {
      transactions.deleteDevice(userId, deviceId);
      deviceKeys.deleteDevice(userId, deviceId);
      crossSigning.deleteDevice(userId, deviceId);
      inboxes.deleteDevice(userId, deviceId);
      deviceLists.record(userId);
    },
  });
  return {
    serverName,
    settings: defaultSettings(options.roomVersion),
    clock,
    ids,
    stream,
    users,
    interactiveAuth: new InteractiveAuth(ids),
    rooms: new Rooms(clock, ids, serverName, options.record, stream),
    transactions,
    toDeviceAnswers: new AnswerMemory(clock),
    media: new Media(ids, serverName, options.uploadBytesMax ?? uploadBytesMaxDefault),
    rateLimit: new RateLimit(clock),
    nonces: new Nonces(clock, ids, options.registrationSharedSecret),
    redactions: new Set(),
    deviceKeys,
    crossSigning,
    deviceLists,
    inboxes,
    accountData: new AccountEntries(stream),
    filters: new Filters(),
    encryptionChecker,
  };
}
