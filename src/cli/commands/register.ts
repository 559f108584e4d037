import { Command } from 'commander';
import type { AccountPorts } from '../../accounts/account-ports.ts';
import type { KeptPassword } from '../../accounts/kept-password.ts';
import type { LoggedIn } from '../../accounts/log-in.ts';
import type { NewAccount } from '../../accounts/register-account.ts';
import { pause } from '../../clock.ts';
import { Failure } from '../../errors.ts';
import type { UserId } from '../../matrix/ids.ts';
import { addExample } from '../add-example.ts';
import type { CliContext } from '../context.ts';
import { globalOptions } from '../global-options.ts';
import { openConfig } from '../open-config.ts';
import { callLimit } from './call-limit.ts';
import type { ChosenAccount } from './login/choose-account.ts';
import { needBaseUrl, needUserId } from './need-id.ts';
import { readSecretFile } from './read-secret-file.ts';

interface RegisterOptions {
  readonly secretFile: string;
  readonly passwordFile?: string;
  readonly homeserver?: string;
  readonly account?: string;
  readonly admin?: boolean;
}

/** `bellhop register`: a new account on a Synapse of one's own, logged in. */
export function registerCommand(context: CliContext): Command {
  const command = new Command('register')
    .description("make an account by Synapse's registration_shared_secret, and log it in")
    .argument('<user>', 'user id, @name:server')
    .requiredOption('--secret-file <file>', 'file of the shared secret; - is standard input')
    .option(
      '--password-file <file>',
      'its password; default: a random one, kept beside its token in the data directory',
    )
    .option('--homeserver <url>', 'base URL; default: the configured one, or discovered')
    .option('--account <name>', 'its name in the configuration; default: that of the user, or main')
    .option('--admin', 'make it an administrator of the homeserver')
    .action(async (user: string, options: RegisterOptions) => {
      await registerUser(context, command, user, options);
    });
  return addExample(command, 'bellhop register @bellhop:example.org --secret-file ./secret');
}

async function registerUser(
  context: CliContext,
  command: Command,
  user: string,
  options: RegisterOptions,
): Promise<void> {
  const globals = globalOptions(command);
  const userId = needUserId(user);
  const homeserver = needBaseUrl(options.homeserver);
  if (options.secretFile === '-' && options.passwordFile === '-') {
    throw new Failure('usage', { detail: 'Standard input cannot be both secret and password.' });
  }
  const { chooseAccount } = await import('./login/choose-account.ts');
  const { accountPorts } = await import('../../app/account-session.ts');
  const { openDataDir } = await import('../../store/data-dir.ts');
  const { needHomeserver } = await import('../../accounts/find-base-url.ts');
  const { accountNotes } = await import('./account-notes.ts');
  const { reportLogin } = await import('./login/report-login.ts');
  const { identityAfterLogin } = await import('./login/identity-after-login.ts');
  const opened = await openConfig(context, globals);
  const { config } = opened;
  const account = chooseAccount(config, { userId, account: options.account, homeserver });
  const sharedSecret = await readSecretFile(context, options.secretFile);
  const { passwordFile } = options;
  const chosen =
    passwordFile === undefined ? undefined : await readSecretFile(context, passwordFile);
  const dataDir = openDataDir(config.dataDir);
  const ports = accountPorts({ dataDir }, accountNotes(context));
  const admin = options.admin === true;
  const signal = callLimit(context);
  const found = { ...account, homeserver: await needHomeserver(account, ports, undefined, signal) };
  const wish = { userId, homeserver: found.homeserver, sharedSecret, admin };
  const password =
    chosen === undefined
      ? await passwordToKeep(dataDir, found)
      : { text: chosen, isNew: true, kept: undefined };
  await makeAccount(wish, password, ports, signal);
  const login = await logInAfterwards(found, password, ports, signal);
  const proof = { password: password.text };
  const identity = await identityAfterLogin(context, { config, account, proof });
  const report = { account, login, identity, opened, passwordFile: password.kept?.place };
  reportLogin(context, globals, report);
}

/** Who is made, and where. */
type FoundAccount = ChosenAccount & { readonly homeserver: string };

/** The password of an account that is made. */
interface AccountPassword {
  readonly text: string;
  /** Where it is kept; undefined: whoever chose it keeps it. */
  readonly kept: KeptPassword | undefined;
  /** Otherwise an attempt before may have made the account with it. */
  readonly isNew: boolean;
}

/**
 * A random password, on disk before there is an account that has it: what breaks off afterwards orphans nobody. The one of
 * an attempt that broke off is used again, as the account may have it already.
 */
async function passwordToKeep(dataDir: string, account: FoundAccount): Promise<AccountPassword> {
  const { KeptPassword } = await import('../../accounts/kept-password.ts');
  const kept = new KeptPassword(dataDir, account.userId);
  return { ...(await kept.prepare(account.homeserver)), kept };
}

async function makeAccount(
  wish: Omit<NewAccount, 'password'>,
  password: AccountPassword,
  ports: AccountPorts,
  signal: AbortSignal,
): Promise<void> {
  const { userId } = wish;
  const { kept, isNew } = password;
  const { registerAccount } = await import('../../accounts/register-account.ts');
  const came = await registerAccount({ ...wish, password: password.text }, ports, signal);
  switch (came.kind) {
    case 'made':
      if (came.userId === userId) return;
      throw await madeAnother(wish, came.userId, password);
    case 'unsure':
      throw perhapsMade(userId, kept?.place, came.failure);
    case 'not-made': {
      const isPerhapsOurs = kept !== undefined && !isNew && came.failure.code === 'user_id_taken';
      throw isPerhapsOurs ? madeBefore(userId, kept.place, came.failure) : came.failure;
    }
  }
}

/** It is there, under a name that nobody asked for: its password goes with it. */
async function madeAnother(
  { userId, homeserver }: Omit<NewAccount, 'password'>,
  made: UserId,
  password: AccountPassword,
): Promise<Failure> {
  const place = await password.kept?.moveTo(made);
  const where =
    place === undefined ? 'It has the password that was given' : `Its password is kept in ${place}`;
  return new Failure('homeserver_unusable', {
    detail: `${homeserver} made the account ${made} instead of ${userId}. ${where}: log in with \`bellhop login ${made} --homeserver ${homeserver}\`.`,
  });
}

/** What came back says nothing of the account. */
function perhapsMade(userId: UserId, place: string | undefined, failure: Failure): Failure {
  const where = place === undefined ? '' : ` Its password is kept in ${place} until then.`;
  return new Failure(failure.code, {
    detail: `${failure.detail ?? ''} ${userId} may have been made all the same: run the command again.${where}`,
    cause: failure,
  });
}

/** An attempt that broke off, or another that runs, may have made it after all. */
function madeBefore(userId: UserId, place: string, cause: unknown): Failure {
  return new Failure('user_id_taken', {
    detail: `${userId} may have been made by an attempt before; \`bellhop login ${userId}\` tries the password in ${place}.`,
    cause,
  });
}

/** A homeserver that limits logins is asked this often before it is given up. */
const loginsMax = 4;
/** The longest a homeserver is waited for before the next of them, in milliseconds. */
const waitMsMax = 20_000;

/** The account is there already: this does not give up easily. */
async function logInAfterwards(
  account: FoundAccount,
  password: AccountPassword,
  ports: AccountPorts,
  signal: AbortSignal,
): Promise<LoggedIn> {
  const { logIn } = await import('../../accounts/log-in.ts');
  for (let logins = 1; ; logins++) {
    try {
      return await logIn(account, { password: password.text }, ports, signal);
    } catch (thrown) {
      const passes = thrown instanceof Failure && thrown.code === 'homeserver_unreachable';
      if (!passes || logins >= loginsMax || signal.aborted) {
        throw registeredOnly(account, password.kept?.place, thrown);
      }
      await pause(ports.clock, Math.min(thrown.retryAfterMs ?? 1_000, waitMsMax), signal);
    }
  }
}

function registeredOnly(
  { userId }: ChosenAccount,
  place: string | undefined,
  cause: unknown,
): Failure {
  const code = cause instanceof Failure ? cause.code : 'bug';
  const words = cause instanceof Failure ? (cause.detail ?? '') : '';
  const where = place === undefined ? '' : ` Its password is kept in ${place}.`;
  return new Failure(code, {
    detail: `${userId} was registered, but could not log in. ${words}${where} Log in with \`bellhop login ${userId}\`.`,
    cause,
  });
}
