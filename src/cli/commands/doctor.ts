import { Command } from 'commander';
import type { Finding } from '../../app/doctor/finding.ts';
import { addExample } from '../add-example.ts';
import type { CliContext } from '../context.ts';
import { type GlobalOptions, globalOptions } from '../global-options.ts';
import { type OpenedConfig, openConfig } from '../open-config.ts';
import { accountNotes } from './account-notes.ts';
import { callLimit } from './call-limit.ts';
import { exitOf, reportFinding } from './report-finding.ts';

/** `bellhop doctor`: what is wrong, and what to do. */
export function doctorCommand(context: CliContext): Command {
  const command = new Command('doctor')
    .description('check configuration, secrets, data directory, outbox, homeserver and rooms')
    .addHelpText(
      'after',
      '\nEach check is one line: ok, warn or fail, and what to do. Nothing is sent. The exit code is 0 only if\nnothing fails; warnings do not change it. It works while a daemon runs.',
    )
    .action(async () => {
      const globals = globalOptions(command);
      const findings: Finding[] = [];
      const report = (finding: Finding): void => {
        findings.push(finding);
        reportFinding(context, globals, finding);
      };
      const opened = await openOrReport(context, globals, report);
      if (opened !== undefined) {
        const { examine } = await import('../../app/doctor/examine.ts');
        const { config } = opened;
        const signal = callLimit(context);
        const onEvent = accountNotes(context);
        for await (const finding of examine({ config, signal, onEvent })) report(finding);
      }
      context.signal.throwIfAborted();
      context.setExitCode(exitOf(findings));
    });
  return addExample(command, 'bellhop doctor', 'bellhop doctor --json');
}

/** Undefined: the configuration cannot be used, which is told. */
async function openOrReport(
  context: CliContext,
  globals: GlobalOptions,
  report: (finding: Finding) => void,
): Promise<OpenedConfig | undefined> {
  const { failed, ok } = await import('../../app/doctor/finding.ts');
  try {
    const opened = await openConfig(context, globals);
    report(ok('configuration', `${opened.path ?? 'the environment'} is valid`));
    return opened;
  } catch (thrown) {
    report(failed('configuration', thrown));
    return undefined;
  }
}
