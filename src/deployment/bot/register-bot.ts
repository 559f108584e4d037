import { MatrixError } from '../../matrix/errors.ts';
import type { Homeserver } from '../../matrix/homeserver.ts';
import { type RegisteredLogin, registerAndLogIn } from '../../matrix/synapse/register.ts';
import { BotTrouble, type BotTroubleKind } from './bot-trouble.ts';

/** A nonce is forgotten after 60 s and when Synapse restarts; a third one that is refused was not forgotten. */
const noncesMax = 3;

/** An administrator's account to make. */
export interface BotRegistration {
  readonly localpart: string;
  /** Never used to log in, and not kept. */
  readonly password: string;
  readonly sharedSecret: string;
}

/**
 * Makes an administrator's account for a bot and logs it in; undefined: the name is taken.
 * @throws BotTrouble wrong_secret, registration_disabled, delegated, name_refused; MatrixError, TransportError
 */
export async function registerBot(
  homeserver: Homeserver,
  registration: BotRegistration,
  signal: AbortSignal,
): Promise<RegisteredLogin | undefined> {
  let refusal: MatrixError | undefined;
  for (let nonces = 0; nonces < noncesMax; nonces++) {
    try {
      const whole = { ...registration, admin: true, userType: 'bot' } as const;
      return await registerAndLogIn(homeserver, whole, signal);
    } catch (error) {
      refusal = refusalOf(error);
      if (refusal.errcode === 'M_USER_IN_USE') return undefined;
      if (!isPerhapsForgotten(refusal)) break;
    }
  }
  throw refusal === undefined
    ? new Error('no attempt')
    : troubleOf(refusal, registration.localpart);
}

/** What is no answer to a registration is thrown on. */
function refusalOf(error: unknown): MatrixError {
  if (error instanceof MatrixError && error.json) return error;
  throw error;
}

/** Synapse has no code for a nonce it does not know. */
const isPerhapsForgotten = ({ status, errcode }: MatrixError): boolean =>
  status === 400 && errcode === 'M_UNKNOWN';

function troubleOf(error: MatrixError, localpart: string): Error {
  const { status, errcode } = error;
  const trouble = (kind: BotTroubleKind, detail: string): BotTrouble =>
    new BotTrouble(kind, { detail, cause: error });
  if (status === 403) {
    return trouble(
      'wrong_secret',
      `The homeserver refuses the registration secret (${error.error}). Give the \`registration_shared_secret\` of its homeserver.yaml.`,
    );
  }
  if (status === 404 && errcode === 'M_UNRECOGNIZED') {
    return trouble(
      'delegated',
      'The homeserver registers nobody itself, as with an OAuth server in front of it. Put the access token of an administrator into the token file.',
    );
  }
  if (isPerhapsForgotten(error)) {
    return trouble(
      'registration_disabled',
      `The homeserver takes no registration (${error.error}). Set \`registration_shared_secret\` in its homeserver.yaml.`,
    );
  }
  if (status === 400) {
    return trouble(
      'name_refused',
      `The homeserver does not take the name ${localpart} (${error.error}). Choose another for the bot.`,
    );
  }
  return error;
}
