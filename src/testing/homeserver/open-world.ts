import type { Clock } from '../../clock.ts';
import { IdSource } from './id-source.ts';
import { Media } from './media.ts';
import { Nonces } from './nonces.ts';
import { RateLimit } from './rate-limit.ts';
import { Rooms } from './rooms.ts';
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
  const transactions = new Transactions(clock);
  return {
    serverName,
    roomVersion: options.roomVersion ?? '12',
    clock,
    ids,
    users: new Users(
      clock,
      ids,
      options.tokenLifetimeMs ?? tokenLifetimeMsDefault,
      (userId, deviceId) => transactions.deleteDevice(userId, deviceId),
    ),
    rooms: new Rooms(clock, ids, serverName, options.record),
    transactions,
    media: new Media(ids, serverName, options.uploadBytesMax ?? uploadBytesMaxDefault),
    rateLimit: new RateLimit(clock),
    nonces: new Nonces(clock, ids, options.registrationSharedSecret),
  };
}
