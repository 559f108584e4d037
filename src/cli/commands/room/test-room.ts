import { Command } from 'commander';
import type { Config } from '../../../config/config.ts';
import { Failure } from '../../../errors.ts';
import { addExample } from '../../add-example.ts';
import type { CliContext } from '../../context.ts';
import { type GlobalOptions, globalOptions } from '../../global-options.ts';
import { openConfig } from '../../open-config.ts';
import { accountNotes } from '../account-notes.ts';
import { callLimit } from '../call-limit.ts';
import { needRoomReference } from '../need-id.ts';
import { exitOf, reportFinding } from '../report-finding.ts';
import { configuredRoom } from './configured-room.ts';

interface TestOptions {
  readonly account?: string;
  readonly send?: string | true;
}

/** `bellhop room test`: whether messages would arrive. */
export function testCommand(context: CliContext): Command {
  const command = new Command('test')
    .description('check that an account could send to a room; nothing is sent without --send')
    .argument('<room>', 'a configured name, a room id or an alias')
    .option('--account <name>', "which account; default: the room's, else the first")
    .option('--send [text]', 'send a message there as well')
    .action(async (text: string, options: TestOptions) => {
      const globals = globalOptions(command);
      const { config } = await openConfig(context, globals);
      const exit = await testRoom(context, config, text, { ...options, globals });
      if (exit !== 0 || options.send === undefined) {
        context.setExitCode(exit);
        return;
      }
      const words = options.send === true ? 'This is a test message.' : options.send;
      context.setExitCode(await sendTo(context, config, text, { words, globals }));
    });
  return addExample(command, 'bellhop room test ops', 'bellhop room test ops --send');
}

/** The exit code: 0 only if a message could be sent. */
async function testRoom(
  context: CliContext,
  config: Config,
  text: string,
  { account: named, globals }: TestOptions & { readonly globals: GlobalOptions },
): Promise<number> {
  const { accountOf, asAccount } = await import('../../../app/account-session.ts');
  const { checkRoom } = await import('../../../app/doctor/check-room.ts');
  const { wantedRoom } = await import('../../../app/doctor/check-accounts.ts');
  const { knownRooms } = await import('../../../app/doctor/known-rooms.ts');
  const configured = configuredRoom(config, text);
  const account = accountOf(config, named ?? configured?.account);
  const wanted =
    configured === undefined
      ? ({
          name: text,
          room: needRoomReference(text),
          encryption: 'auto',
          wasEncrypted: false,
        } as const)
      : wantedRoom({ ...configured, account: account.name }, await knownRooms(config));
  const signal = callLimit(context);
  const ports = { signal, onEvent: accountNotes(context) };
  const { findings } = await asAccount(config, account, ports, (session) =>
    checkRoom(session, wanted, signal),
  );
  for (const finding of findings) reportFinding(context, globals, finding);
  return exitOf(findings);
}

/** Through the outbox, as every message goes. @throws Failure usage for a room that is not configured */
async function sendTo(
  context: CliContext,
  config: Config,
  text: string,
  { words, globals }: { readonly words: string; readonly globals: GlobalOptions },
): Promise<number> {
  const room = configuredRoom(config, text);
  if (room === undefined) {
    throw new Failure('usage', { detail: '--send takes a configured room.' });
  }
  const { runSend } = await import('../../../app/one-shot/run-send.ts');
  const { stdin, stdout, stderr, env, cwd } = context;
  const args = [
    ...(globals.config === undefined ? [] : ['--config', globals.config]),
    ...(globals.json === true ? ['--json'] : []),
    ...(globals.quiet === true ? ['--quiet'] : []),
    `--room=${room.name}`,
    '--wait',
    '--',
    words,
  ];
  const help = async () => undefined;
  return await runSend(args, { stdin, stdout, stderr, env, cwd: () => cwd, help });
}
