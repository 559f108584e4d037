import { Command } from 'commander';
import type { Config } from '../../../config/config.ts';
import { Failure, type FailureCode } from '../../../errors.ts';
import { addExample } from '../../add-example.ts';
import type { CliContext } from '../../context.ts';
import { globalOptions } from '../../global-options.ts';
import { openConfig } from '../../open-config.ts';
import { writeNote, writeResult } from '../../results.ts';
import type { DaemonAnswer } from './call-daemon.ts';

/** `bellhop outbox wake`: what waits is tried now. */
export function wakeCommand(context: CliContext): Command {
  const command = new Command('wake')
    .description('have the daemon try everything that waits now, or what one message waits for')
    .argument('[id]', 'of a notification or entry; default: everything')
    .action(async (id: string | undefined) => {
      const globals = globalOptions(command);
      const { callDaemon } = await import('./call-daemon.ts');
      const { config } = await openConfig(context, globals);
      const token = await operatorToken(config);
      const path =
        id === undefined
          ? '/v1/wake'
          : `/v1/notifications/${encodeURIComponent(id.toUpperCase())}/wake`;
      const answer = await callDaemon(context, config, path, token);
      if (answer !== undefined) refuse(answer);
      const isWoken = answer !== undefined;
      writeResult(context, globals, {
        json: { woken: isWoken },
        text: isWoken ? 'woken' : 'no daemon is running',
      });
      if (!isWoken) {
        writeNote(context, globals, 'The next `bellhop serve` tries everything at once.');
      }
    });
  return addExample(command, 'bellhop outbox wake');
}

/** The token of the first operator. @throws Failure operator_only, secret_unreadable */
async function operatorToken(config: Config): Promise<string> {
  const { readSecrets } = await import('../../../config/read-secrets.ts');
  const [operator] = config.operators.values();
  if (operator === undefined) {
    throw new Failure('operator_only', { detail: 'The configuration names no operator.' });
  }
  // The others' secrets need not be readable for whoever is an operator.
  const own = new Map([[operator.name, operator]]);
  const read = await readSecrets({
    ...config,
    accounts: new Map(),
    sources: new Map(),
    operators: own,
  });
  return read.operators.get(operator.name)?.token.reveal() ?? '';
}

const failures: Readonly<Record<number, FailureCode>> = {
  401: 'unauthorized',
  403: 'operator_only',
  404: 'not_found',
  409: 'state_conflict',
};

/** @throws Failure unless the daemon did it */
function refuse({ status, body }: DaemonAnswer): void {
  if (status < 300) return;
  const words = /"detail":"((?:[^"\\]|\\.)*)"/.exec(body)?.[1];
  throw new Failure(failures[status] ?? 'storage_failed', {
    detail: words ?? `The daemon answered ${status}.`,
  });
}
