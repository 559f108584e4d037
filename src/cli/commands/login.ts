import { Command } from 'commander';
import type { AccountPorts } from '../../accounts/account-ports.ts';
import type { LoggedIn, Proof } from '../../accounts/log-in.ts';
import { Failure } from '../../errors.ts';
import { addExample } from '../add-example.ts';
import type { CliContext } from '../context.ts';
import { type GlobalOptions, globalOptions } from '../global-options.ts';
import { openConfig } from '../open-config.ts';
import { callLimit } from './call-limit.ts';
import { askPassword, canAsk } from './login/ask-password.ts';
import type { ChosenAccount } from './login/choose-account.ts';
import { needBaseUrl, needUserId } from './need-id.ts';
import { readSecretFile } from './read-secret-file.ts';

interface LoginOptions {
  readonly account?: string;
  readonly homeserver?: string;
  readonly passwordFile?: string;
  readonly tokenFile?: string;
  readonly identity: boolean;
}

/** `bellhop login`: gives an account a device and a token, and keeps them. */
export function loginCommand(context: CliContext): Command {
  const command = new Command('login')
    .description(
      'log an account in, keep its token and its device, and give it an identity that signs it',
    )
    .argument('<user>', 'user id, @name:server')
    .option(
      '--password-file <file>',
      'the password; - is standard input; default: the configured one, that of `register`, or it is asked for',
    )
    .option('--token-file <file>', 'an access token from elsewhere; - is standard input')
    .option('--homeserver <url>', 'base URL; default: the configured one, or discovered')
    .option('--account <name>', 'which configured account; default: the one of this user, or main')
    .option('--no-identity', 'do not set up a cross-signing identity')
    .action(async (user: string, options: LoginOptions) => {
      await logInUser(context, command, user, options);
    });
  return addExample(
    command,
    'bellhop login @bellhop:example.org',
    'bellhop login @bellhop:example.org --password-file ./password',
  );
}

async function logInUser(
  context: CliContext,
  command: Command,
  user: string,
  options: LoginOptions,
): Promise<void> {
  const globals = globalOptions(command);
  const userId = needUserId(user);
  const homeserver = needBaseUrl(options.homeserver);
  if (options.passwordFile !== undefined && options.tokenFile !== undefined) {
    throw new Failure('usage', { detail: '--password-file and --token-file exclude each other.' });
  }
  const { chooseAccount } = await import('./login/choose-account.ts');
  const { accountPorts } = await import('../../app/account-session.ts');
  const { needHomeserver } = await import('../../accounts/find-base-url.ts');
  const { openDataDir } = await import('../../store/data-dir.ts');
  const { accountNotes } = await import('./account-notes.ts');
  const { reportLogin } = await import('./login/report-login.ts');
  const { identityAfterLogin } = await import('./login/identity-after-login.ts');
  const opened = await openConfig(context, globals);
  const { config } = opened;
  const account = chooseAccount(config, { userId, account: options.account, homeserver });
  const given = await givenProof(context, account, options);
  const dataDir = openDataDir(config.dataDir);
  const ports = accountPorts({ dataDir }, accountNotes(context));
  const baseUrl = await needHomeserver(account, ports, undefined, callLimit(context));
  const entering = { account: { ...account, homeserver: baseUrl }, given, ports };
  const entered = await enter(context, globals, dataDir, entering);
  if (entered === undefined) {
    context.setExitCode(interruptedExit);
    return;
  }
  const { login, proof } = entered;
  const identity = options.identity
    ? await identityAfterLogin(context, { config, account, proof })
    : undefined;
  reportLogin(context, globals, { account, login, identity, opened });
}

interface Entering {
  readonly account: ChosenAccount & { readonly homeserver: string };
  readonly given: Proof | undefined;
  readonly ports: AccountPorts;
}

/** Logs in by what was given, is kept or is typed, and says by what. Undefined: the user changed their mind. */
async function enter(
  context: CliContext,
  globals: GlobalOptions,
  dataDir: string,
  { account, given, ports }: Entering,
): Promise<{ readonly login: LoggedIn; readonly proof: Proof } | undefined> {
  const { KeptPassword } = await import('../../accounts/kept-password.ts');
  const { logIn } = await import('../../accounts/log-in.ts');
  const { withPassword } = await import('./login/with-password.ts');
  const by = async (proof: Proof) => ({
    login: await logIn(account, proof, ports, callLimit(context)),
    proof,
  });
  if (given !== undefined && 'accessToken' in given) return await by(given);
  const sources = {
    kept: new KeptPassword(dataDir, account.userId),
    homeserver: async () => await Promise.resolve(account.homeserver),
    given: async () => await Promise.resolve(given?.password),
    ask: async () => await askedPassword(context, account),
  };
  return await withPassword(context, globals, sources, async (password) => {
    const text = await password();
    return text === undefined ? undefined : await by({ password: text });
  });
}

/** 128 + SIGINT, as shells have it: the user ended the question. */
const interruptedExit = 130;

/** By what the caller says to log in: the files that are named, the configuration. */
async function givenProof(
  context: CliContext,
  account: ChosenAccount,
  options: LoginOptions,
): Promise<Proof | undefined> {
  if (options.passwordFile !== undefined) {
    return { password: await readSecretFile(context, options.passwordFile) };
  }
  if (options.tokenFile !== undefined) {
    return { accessToken: await readSecretFile(context, options.tokenFile) };
  }
  if (account.configured === undefined) return undefined;
  const { accountOptions } = await import('../../app/accounts.ts');
  const { password, accessToken } = accountOptions(account.configured);
  if (password !== undefined) return { password: await password() };
  return accessToken === undefined ? undefined : { accessToken: await accessToken() };
}

/** What is said on the terminal. Undefined: the user changed their mind. @throws Failure usage, no_input */
async function askedPassword(
  context: CliContext,
  { userId }: ChosenAccount,
): Promise<string | undefined> {
  if (!canAsk(context)) {
    throw new Failure('usage', {
      detail:
        'Without a terminal nobody can be asked for the password: give --password-file or --token-file, or configure password_file.',
    });
  }
  const password = await askPassword(context, `Password of ${userId}: `);
  if (password === '') throw new Failure('no_input', { detail: 'No password was given.' });
  return password;
}
