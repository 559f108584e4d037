import { MatrixError } from '../../matrix/errors.ts';
import type { Homeserver } from '../../matrix/homeserver.ts';
import { localpart, serverName, type UserId } from '../../matrix/ids.ts';
import { logInLasting } from '../../matrix/log-in-lasting.ts';
import type { Session } from '../../matrix/session.ts';
import { deactivateUser, suspendUser } from '../../matrix/synapse/account-state.ts';
import { loginAs } from '../../matrix/synapse/login-as.ts';
import { liftRateLimit } from '../../matrix/synapse/rate-limit.ts';
import { listUsers, putUser, readUser } from '../../matrix/synapse/users.ts';
import { BotTrouble } from './bot-trouble.ts';
import { endMistaken } from './end-mistaken.ts';
import { registerBot } from './register-bot.ts';

/** What a rescue is done with. */
export interface RescueTools {
  readonly homeserver: Homeserver;
  readonly sharedSecret: string;
  /** So many random bytes as lower-case hex. */
  readonly randomHex: (bytes: number) => string;
}

/** A second administrator that was made to mend the bot's account. */
export interface Rescuer {
  readonly session: Session;
  readonly botUserId: UserId;
}

/** 128 bits: nobody guesses the password of an administrator, even where passwords can be tried fast. */
const passwordBytes = 16;
/** Enough for rescuers of many years not to meet. */
const nameBytes = 4;
/** A rescuer is ended with the next rescue at the latest; so many at once would be a fault of ours. */
const rescuersMax = 100;

const namePrefix = (botUserId: UserId): string => `${localpart(botUserId)}-rescue-`;

/** Makes a second administrator. @throws BotTrouble as `registerBot`; MatrixError, TransportError */
export async function makeRescuer(
  botUserId: UserId,
  { homeserver, sharedSecret, randomHex }: RescueTools,
  signal: AbortSignal,
): Promise<Rescuer> {
  const registration = {
    localpart: namePrefix(botUserId) + randomHex(nameBytes),
    password: randomHex(passwordBytes),
    sharedSecret,
  };
  const login = await registerBot(homeserver, registration, signal);
  if (login === undefined) {
    const detail = 'The name of the second administrator is taken.';
    throw new BotTrouble('not_recovered', { detail });
  }
  const { accessToken, userId, deviceId } = login;
  const session = { homeserver, accessToken, userId, deviceId };
  if (serverName(userId) !== serverName(botUserId)) {
    const detail = `The homeserver is ${serverName(userId)} and not ${serverName(botUserId)}. Correct the server name.`;
    throw await endMistaken(session, detail, signal);
  }
  return { session, botUserId };
}

/** Undoes what was done to the bot's account: lock, suspension, deactivation, the loss of its rights. */
export async function mendAccount(
  { session, botUserId }: Rescuer,
  signal: AbortSignal,
): Promise<void> {
  const user = await readUser(session, botUserId, signal);
  if (user === undefined) {
    const detail = `The name of ${botUserId} is taken, yet there is no such account. Choose another for the bot.`;
    throw new BotTrouble('name_refused', { detail });
  }
  // Synapse takes no change that leaves an account deactivated and locked, so both go at once.
  const change = {
    ...(user.deactivated ? { deactivated: false } : {}),
    ...(user.locked ? { locked: false } : {}),
    ...(user.admin ? {} : { admin: true }),
  };
  if (Object.keys(change).length > 0) await putUser(session, botUserId, change, signal);
  if (user.suspended) await suspendUser(session, botUserId, false, signal);
}

/**
 * A new token for the bot: by a new password that is forgotten at once, or, where there are no passwords, one that is
 * the second administrator's. Devices that are logged in stay so.
 */
export async function recoverToken(
  { session, botUserId }: Rescuer,
  randomHex: RescueTools['randomHex'],
  signal: AbortSignal,
): Promise<string> {
  const password = randomHex(passwordBytes);
  try {
    await putUser(session, botUserId, { password, logoutDevices: false }, signal);
    const login = { user: botUserId, password, initialDeviceDisplayName: 'Bellhop' };
    return await logInLasting(session.homeserver, login, signal);
  } catch (error) {
    if (!(error instanceof MatrixError) || !isRefused(error)) throw error;
  }
  const accessToken = await loginAs(session, botUserId, undefined, signal);
  // The homeserver counts what is done with this token against the administrator it belongs to.
  await liftRateLimit(session, session.userId, signal);
  return accessToken;
}

/** Not taken, as opposed to not answered. */
const isRefused = ({ status }: MatrixError): boolean =>
  status >= 400 && status < 500 && status !== 429;

/** Ends the second administrators that nobody needs any more. */
export async function endRescuers(
  session: Session,
  needed: UserId | undefined,
  signal: AbortSignal,
): Promise<void> {
  const prefix = namePrefix(session.userId);
  const query = { limit: rescuersMax, name: prefix, deactivated: false };
  const { users } = await listUsers(session, query, signal);
  for (const { userId } of users) {
    if (userId === needed || !localpart(userId).startsWith(prefix)) continue;
    await deactivateUser(session, userId, { erase: false }, signal);
  }
}
