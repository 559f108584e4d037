import { Failure } from '../../errors.ts';
import { accountPage, parseWebPage } from '../../matrix/account-page.ts';
import { type JsonObject, objectOf } from '../../matrix/json.ts';
import { uploadSigningKeys } from '../../matrix/keys.ts';
import type { AuthenticationChallenge } from '../../matrix/user-interactive-call.ts';
import type { IdentityContext } from './identity-context.ts';

/** The account's password, when the homeserver asks for it; undefined: nobody can give it. */
export type Authenticate = () => Promise<string | undefined>;

const password = 'm.login.password';
const dummy = 'm.login.dummy';
/** Of a user on an OAuth server; the second is what it was called before version 1.17 of the specification. */
const accountPageStages = ['m.oauth', 'org.matrix.cross_signing_reset'];
/** A password, and beside it a stage that asks nothing; whoever asks for more goes round in circles. */
const stagesMax = 4;

/**
 * Publishes cross-signing keys, and proves to the homeserver who does so as far as that takes a password.
 * @throws Failure authentication_needed: there is no password, it is not taken, or the homeserver wants something that
 * only a person in a browser can do; then the page is named
 */
export async function uploadAuthenticated(
  context: IdentityContext,
  signingKeys: JsonObject,
  authenticate: Authenticate,
): Promise<void> {
  const { session, signal } = context;
  let challenge = await uploadSigningKeys(session, signingKeys, undefined, signal);
  let given: string | undefined;
  for (let stages = 0; challenge !== undefined; stages++) {
    const stage = nextStage(challenge);
    if (stage === undefined) throw await externalFailure(context, challenge);
    if (stages >= stagesMax || stage === given) {
      throw needed(context, 'The homeserver did not take the password.');
    }
    const auth = await answer(context, challenge, stage, authenticate);
    given = stage;
    challenge = await uploadSigningKeys(session, signingKeys, auth, signal);
  }
}

/** What comes next in a flow that takes no browser; undefined: there is no such flow. */
function nextStage({ flows, completed }: AuthenticationChallenge): string | undefined {
  const open = flows
    .map((stages) => stages.filter((stage) => !completed.includes(stage)))
    .filter((stages) => stages.length > 0);
  const possible = open.find((stages) => stages.every((it) => it === password || it === dummy));
  return possible?.[0];
}

async function answer(
  context: IdentityContext,
  challenge: AuthenticationChallenge,
  stage: string,
  authenticate: Authenticate,
): Promise<JsonObject> {
  const { session } = challenge;
  if (stage === dummy) return { type: dummy, session };
  const given = await authenticate();
  if (given === undefined) throw needed(context, 'It asks for the password.');
  const identifier = { type: 'm.id.user', user: context.session.userId };
  return { type: password, identifier, password: given, session };
}

/** A challenge that only a person in a browser can meet. */
async function externalFailure(
  context: IdentityContext,
  challenge: AuthenticationChallenge,
): Promise<Failure> {
  const stages = [...new Set(challenge.flows.flat())];
  const page = await pageFor(context, challenge, stages);
  if (page !== undefined) {
    return needed(context, `Allow it on ${page} and run the command again.`);
  }
  return needed(context, `It takes no password for it, but asks for ${stages.join(' or ')}.`);
}

async function pageFor(
  { session, signal }: IdentityContext,
  { params }: AuthenticationChallenge,
  stages: readonly string[],
): Promise<string | undefined> {
  for (const stage of accountPageStages.filter((it) => stages.includes(it))) {
    const page = parseWebPage(objectOf(params[stage])?.['url']);
    if (page !== undefined) return page;
  }
  return await accountPage(session.homeserver, 'org.matrix.cross_signing_reset', signal);
}

const needed = ({ account }: IdentityContext, detail: string): Failure =>
  new Failure('authentication_needed', { detail: `Account ${account}. ${detail}` });
