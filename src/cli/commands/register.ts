import { randomBytes } from 'node:crypto';
import { Command } from 'commander';
import type { AccountPorts } from '../../accounts/account-ports.ts';
import type { LoggedIn } from '../../accounts/log-in.ts';
import { pause } from '../../clock.ts';
import { Failure } from '../../errors.ts';
import { addExample } from '../add-example.ts';
import type { CliContext } from '../context.ts';
import { globalOptions } from '../global-options.ts';
import { openConfig } from '../open-config.ts';
import { writeNote } from '../results.ts';
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

/** 256 bits: nobody is to guess it, and nobody will type it. */
const passwordBytes = 32;

/** `bellhop register`: a new account on a Synapse of one's own, logged in. */
export function registerCommand(context: CliContext): Command {
  const command = new Command('register')
    .description("make an account by Synapse's registration_shared_secret, and log it in")
    .argument('<user>', 'user id, @name:server')
    .requiredOption('--secret-file <file>', 'file of the shared secret; - is standard input')
    .option('--password-file <file>', 'its password; default: a random one that nobody learns')
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
  const { registerAccount } = await import('../../accounts/register-account.ts');
  const { accountNotes } = await import('./account-notes.ts');
  const { reportLogin } = await import('./login/report-login.ts');
  const { identityAfterLogin } = await import('./login/identity-after-login.ts');
  const { config } = await openConfig(context, globals);
  const account = chooseAccount(config, { userId, account: options.account, homeserver });
  const sharedSecret = await readSecretFile(context, options.secretFile);
  const kept =
    options.passwordFile === undefined
      ? undefined
      : await readSecretFile(context, options.passwordFile);
  const password = kept ?? randomBytes(passwordBytes).toString('base64url');
  const ports = accountPorts({ dataDir: openDataDir(config.dataDir) }, accountNotes(context));
  const admin = options.admin === true;
  const signal = callLimit(context);
  const wish = { userId, homeserver: account.homeserver, sharedSecret, password, admin };
  await registerAccount(wish, ports, signal);
  const login = await logInAfterwards(account, password, ports, { signal, isKept: !!kept });
  if (kept === undefined) {
    const note = `${userId} has a random password that is written down nowhere; only its token is kept, in the data directory.`;
    writeNote(context, globals, note);
  }
  const identity = await identityAfterLogin(context, { config, account, proof: { password } });
  reportLogin(context, globals, account, login, identity);
}

/** A homeserver that limits logins is asked this often before it is given up. */
const loginsMax = 4;
/** The longest a homeserver is waited for before the next of them, in milliseconds. */
const waitMsMax = 20_000;

/** The account is there already, and perhaps nobody will know its password: this does not give up easily. */
async function logInAfterwards(
  account: ChosenAccount,
  password: string,
  ports: AccountPorts,
  { signal, isKept }: { readonly signal: AbortSignal; readonly isKept: boolean },
): Promise<LoggedIn> {
  const { logIn } = await import('../../accounts/log-in.ts');
  for (let logins = 1; ; logins++) {
    try {
      return await logIn(account, { password }, ports, signal);
    } catch (thrown) {
      const passes = thrown instanceof Failure && thrown.code === 'homeserver_unreachable';
      if (!passes || logins >= loginsMax || signal.aborted) {
        throw registeredOnly(account, isKept, thrown);
      }
      await pause(ports.clock, Math.min(thrown.retryAfterMs ?? 1_000, waitMsMax), signal);
    }
  }
}

function registeredOnly(account: ChosenAccount, isKept: boolean, cause: unknown): Failure {
  const { userId } = account;
  const code = cause instanceof Failure ? cause.code : 'bug';
  const words = cause instanceof Failure ? (cause.detail ?? '') : '';
  const next = isKept
    ? `Log in with \`bellhop login ${userId}\`.`
    : `Its password was random and is lost: have its administrator set another, then log in with \`bellhop login ${userId}\`.`;
  return new Failure(code, {
    detail: `${userId} was registered, but could not log in. ${words} ${next}`,
    cause,
  });
}
