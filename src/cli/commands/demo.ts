import { Command } from 'commander';
import { addExample } from '../add-example.ts';
import type { CliContext } from '../context.ts';
import { type GlobalOptions, globalOptions } from '../global-options.ts';
import { writeResult } from '../results.ts';

/** 128 + SIGINT and + SIGTERM, as shells have it. */
const interruptedExits = { SIGINT: 130, SIGTERM: 143 } as const;
/** A promise was not kept, which no code of sysexits says. */
const brokenExit = 1;

/** `bellhop demo`: a tour without an account and without a network. */
export function demoCommand(context: CliContext): Command {
  const command = new Command('demo')
    .description(
      'a tour on a homeserver of its own: no account, no network, nothing is left behind',
    )
    .option('--stay', 'keep it running, to try it out, until Ctrl-C')
    .action(async (options: { stay?: boolean }) => {
      await demo(context, globalOptions(command), options.stay === true);
    });
  return addExample(command, 'bellhop demo', 'bellhop demo --stay');
}

async function demo(context: CliContext, globals: GlobalOptions, stay: boolean): Promise<void> {
  const { runDemo } = await import('../../app/demo/run-demo.ts');
  const stop = new AbortController();
  const ends = (['SIGINT', 'SIGTERM'] as const).map((signal) =>
    context.onSignal(signal, () => stop.abort(signal)),
  );
  const isQuiet = globals.quiet === true || globals.json === true;
  try {
    const isWhole = await runDemo({
      say: (text) => {
        if (!isQuiet) context.stdout.write(`${text}\n`);
      },
      report: ({ isWell, sentence, ...counts }) => {
        writeResult(context, globals, { json: { ok: isWell, ...counts }, text: sentence });
        if (!isWell) context.setExitCode(brokenExit);
      },
      invite: stay ? (text) => context.stderr.write(`${text}\n`) : undefined,
      signal: AbortSignal.any([context.signal, stop.signal]),
    });
    if (isWhole) return;
    const by = stop.signal.reason === 'SIGTERM' ? 'SIGTERM' : 'SIGINT';
    context.setExitCode(interruptedExits[by]);
  } finally {
    for (const end of ends) end();
  }
}
