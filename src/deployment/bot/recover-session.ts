import { type Clock, pause } from '../../clock.ts';
import { MatrixError, TransportError } from '../../matrix/errors.ts';
import { localpart } from '../../matrix/ids.ts';
import type { Session } from '../../matrix/session.ts';
import { deactivateUser } from '../../matrix/synapse/account-state.ts';
import type { BotEvent } from './bot-event.ts';
import { BotTrouble } from './bot-trouble.ts';
import { endMistaken } from './end-mistaken.ts';
import { judgeToken, type KeptToken, needSecret, readKeptToken } from './kept-token.ts';
import { proveToken } from './prove-token.ts';
import type { RefusedSecret } from './refused-secret.ts';
import { registerBot } from './register-bot.ts';
import { endRescuers, makeRescuer, mendAccount, type Rescuer, recoverToken } from './rescue-bot.ts';

/** What a session is recovered with. */
export interface RecoveryTools extends KeptToken {
  readonly refused: RefusedSecret;
  /** The second administrator of a rescue that has begun, so that no other is made for it. */
  readonly rescue: { rescuer: Rescuer | undefined };
  readonly clock: Clock;
  readonly randomHex: (bytes: number) => string;
  readonly onEvent: (event: BotEvent) => void;
}

/** Another process that has just registered the bot needs less to store the token. */
const otherWritesMs = 2000;
/** 256 bits, for an account whose password nobody ever needs. */
const passwordBytes = 32;

/**
 * One attempt at a session that administers: with the token that is kept, else as a new account, else by a second
 * administrator that mends what was done to the account.
 * @throws BotTrouble, MatrixError, TransportError
 */
export async function recoverSession(tools: RecoveryTools, signal: AbortSignal): Promise<Session> {
  const kept = await readKeptToken(tools);
  if (kept !== undefined) {
    await tools.tokenFile.shutOthersOut();
    const session = await judge(kept, tools, signal);
    if (session !== undefined) return session;
  }
  const secret = await needSecret(tools);
  tools.refused.check(secret);
  // No account is made whose token could not be kept: each attempt would make another.
  await tools.tokenFile.prove();
  try {
    return (
      (await register(secret, tools, signal)) ??
      (await fromOtherProcess(kept, tools, signal)) ??
      (await rescue(kept, secret, tools, signal))
    );
  } catch (error) {
    const isFinal =
      error instanceof BotTrouble &&
      ['wrong_secret', 'name_refused', 'wrong_server', 'not_recovered'].includes(error.kind);
    if (isFinal) tools.refused.remember(secret, error);
    throw error;
  }
}

/** Undefined: the token, or its account, is damaged. */
async function judge(
  token: string,
  tools: RecoveryTools,
  signal: AbortSignal,
): Promise<Session | undefined> {
  const proof = await judgeToken(token, tools, signal);
  if (proof.kind === 'good') return proof.session;
  tools.onEvent({ kind: 'damaged', damage: proof.damage });
  return undefined;
}

/** Undefined: there is an account of that name already. */
async function register(
  sharedSecret: string,
  { homeserver, userId, tokenFile, randomHex, onEvent }: RecoveryTools,
  signal: AbortSignal,
): Promise<Session | undefined> {
  const password = randomHex(passwordBytes);
  const registration = { localpart: localpart(userId), password, sharedSecret };
  const login = await registerBot(homeserver, registration, signal);
  if (login === undefined) return undefined;
  const { accessToken, deviceId } = login;
  if (login.userId !== userId) {
    const mistaken = { homeserver, accessToken, userId: login.userId, deviceId };
    const detail = `The homeserver made ${login.userId} instead of ${userId}. Correct the server name.`;
    throw await endMistaken(mistaken, detail, signal);
  }
  await tokenFile.write(accessToken);
  onEvent({ kind: 'registered' });
  return { homeserver, accessToken, userId, deviceId };
}

/** Whoever registered the bot a moment ago is about to store its token, or has. */
async function fromOtherProcess(
  known: string | undefined,
  tools: RecoveryTools,
  signal: AbortSignal,
): Promise<Session | undefined> {
  if (known !== undefined) return undefined;
  await pause(tools.clock, otherWritesMs, signal);
  const token = await tools.tokenFile.read();
  return token === undefined ? undefined : await judge(token, tools, signal);
}

async function rescue(
  kept: string | undefined,
  sharedSecret: string,
  tools: RecoveryTools,
  signal: AbortSignal,
): Promise<Session> {
  const { homeserver, userId, randomHex } = tools;
  const rescuer =
    tools.rescue.rescuer ??
    (await makeRescuer(userId, { homeserver, sharedSecret, randomHex }, signal));
  tools.rescue.rescuer = rescuer;
  try {
    const recovered = await recoverWith(rescuer, kept, tools, signal);
    tools.rescue.rescuer = undefined;
    const own = recovered.session.deviceId !== '';
    tools.onEvent({ kind: 'rescued', own });
    // Whoever is not ended now, ends with the next rescue: nobody has their tokens.
    await endNeedless(recovered, rescuer, signal).catch(onlyMatrix);
    return recovered.session;
  } catch (error) {
    // Only one whose own token is no longer taken is of no more use.
    if (error instanceof MatrixError && error.status === 401) tools.rescue.rescuer = undefined;
    throw error;
  }
}

/** A token without a device is another administrator's, who must not be ended: this one's, or one of long ago. */
async function endNeedless(
  { session, isNewToken }: Recovered,
  { session: { userId } }: Rescuer,
  signal: AbortSignal,
): Promise<void> {
  if (session.deviceId !== '') await endRescuers(session, undefined, signal);
  else if (isNewToken) await endRescuers(session, userId, signal);
  else await deactivateUser(session, userId, { erase: false }, signal);
}

function onlyMatrix(error: unknown): void {
  if (!(error instanceof MatrixError || error instanceof TransportError)) throw error;
}

interface Recovered {
  readonly session: Session;
  readonly isNewToken: boolean;
}

async function recoverWith(
  rescuer: Rescuer,
  kept: string | undefined,
  tools: RecoveryTools,
  signal: AbortSignal,
): Promise<Recovered> {
  const { homeserver, userId, tokenFile, randomHex } = tools;
  await mendAccount(rescuer, signal);
  if (kept !== undefined) {
    const proof = await proveToken(homeserver, kept, userId, signal);
    if (proof.kind === 'good') return { session: proof.session, isNewToken: false };
  }
  const accessToken = await recoverToken(rescuer, randomHex, signal);
  await tokenFile.write(accessToken);
  const session = await judge(accessToken, tools, signal);
  if (session !== undefined) return { session, isNewToken: true };
  const detail = `${userId} was mended by a second administrator, and its new token is not taken either.`;
  throw new BotTrouble('not_recovered', { detail });
}
