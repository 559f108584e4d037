import { Failure } from '../../errors.ts';
import type { Homeserver } from '../../matrix/homeserver.ts';
import type { UserId } from '../../matrix/ids.ts';
import { BotTrouble } from './bot-trouble.ts';
import { proveToken, type TokenProof } from './prove-token.ts';
import type { TokenFile } from './token-file.ts';

/** What a bot has to show for itself. */
export interface KeptToken {
  readonly homeserver: Homeserver;
  readonly userId: UserId;
  readonly tokenFile: TokenFile;
  readonly readSecret: () => Promise<string | undefined>;
}

/**
 * The token that is kept; undefined: there is none. Nothing is changed.
 * @throws BotTrouble token_file, also when what is kept is the registration secret: it would be sent as a token, and
 * replaced by one.
 */
export async function readKeptToken({
  tokenFile,
  readSecret,
}: KeptToken): Promise<string | undefined> {
  const kept = await tokenFile.read();
  // A secret that cannot be read is told once it is needed.
  const secret = kept === undefined ? undefined : await readSecret().catch(() => undefined);
  if (kept === undefined || kept !== secret?.trim()) return kept;
  const detail = 'The token file holds the registration secret. Name another file for the token.';
  throw new BotTrouble('token_file', { detail });
}

/** What a token of the bot is worth. @throws BotTrouble another_account; MatrixError, TransportError */
export async function judgeToken(
  token: string,
  { homeserver, userId }: KeptToken,
  signal: AbortSignal,
): Promise<Exclude<TokenProof, { kind: 'another_account' }>> {
  const proof = await proveToken(homeserver, token, userId, signal);
  if (proof.kind !== 'another_account') return proof;
  throw new BotTrouble('another_account', {
    detail: `The token file holds the token of ${proof.userId}, and the bot is ${userId}. Correct the bot's name, or remove the file.`,
  });
}

/** The registration secret. @throws BotTrouble secret_unreadable, no_secret */
export async function needSecret({ readSecret }: KeptToken): Promise<string> {
  let secret: string | undefined;
  try {
    secret = await readSecret();
  } catch (cause) {
    const why = cause instanceof Failure ? cause.detail : undefined;
    const detail = `The bot needs the registration secret, and it cannot be had: ${why ?? 'it cannot be read.'}`;
    throw new BotTrouble('secret_unreadable', { detail, cause });
  }
  if (secret !== undefined && secret !== '') return secret;
  throw new BotTrouble('no_secret', {
    detail:
      'The bot has no token that is taken, and no registration secret to get one with. Configure the secret, or put the token of an administrator into the token file.',
  });
}
