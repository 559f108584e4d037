import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { requireConfiguration } from '../../app/require-configuration.ts';
import { Failure } from '../../errors.ts';
import { addExample } from '../add-example.ts';
import type { CliContext } from '../context.ts';
import { globalOptions } from '../global-options.ts';
import { openConfig } from '../open-config.ts';
import { writeNote, writeResult } from '../results.ts';

/** `bellhop config`: looks the configuration over, shows it, describes it, begins one. */
export function configCommand(context: CliContext): Command {
  return new Command('config')
    .description('check, show, describe or begin the configuration')
    .addCommand(checkCommand(context))
    .addCommand(printCommand(context))
    .addCommand(schemaCommand(context))
    .addCommand(initCommand(context));
}

const count = (amount: number, what: string): string =>
  `${amount} ${what}${amount === 1 ? '' : 's'}`;

function checkCommand(context: CliContext): Command {
  const command = new Command('check')
    .description(
      'look for mistakes, also in the deployment file; all are shown at once, with their places',
    )
    .option('--secrets', 'also read every secret the configuration refers to')
    .action(async (options: { secrets?: boolean }) => {
      const globals = globalOptions(command);
      const { config, path } = await openConfig(context, globals);
      requireConfiguration(path, config);
      if (config.deploymentPath !== undefined) {
        const { readDeploymentFile } = await import('../../app/deployment/read-deployment-file.ts');
        await readDeploymentFile(config.deploymentPath, context);
      }
      if (options.secrets === true) {
        const { readSecrets } = await import('../../config/read-secrets.ts');
        await readSecrets(config);
      }
      const [accounts, rooms] = [config.accounts.size, config.rooms.size];
      const [sources, operators] = [config.sources.size, config.operators.size];
      const counts = `${count(accounts, 'account')}, ${count(rooms, 'room')}, ${count(sources, 'source')}, ${count(operators, 'operator')}`;
      writeResult(context, globals, {
        json: { ok: true, file: path ?? null, accounts, rooms, sources, operators },
        text: `${path ?? 'The environment'} is valid: ${counts}.`,
      });
    });
  return addExample(command, 'bellhop config check -c /etc/bellhop/bellhop.yaml');
}

function printCommand(context: CliContext): Command {
  const command = new Command('print')
    .description('show what is in force, defaults and environment included; secrets are redacted')
    .action(async () => {
      const globals = globalOptions(command);
      const { config } = await openConfig(context, globals);
      const { printableConfig, printConfig } = await import('../../config/print-config.ts');
      writeResult(context, globals, { json: printableConfig(config), text: printConfig(config) });
    });
  return addExample(command, 'bellhop config print --json');
}

function schemaCommand(context: CliContext): Command {
  const command = new Command('schema')
    .description('show the JSON Schema of the configuration file, for editors')
    .action(async () => {
      const { configSchema } = await import('../../config/config-schema.ts');
      const schema = configSchema();
      writeResult(context, globalOptions(command), {
        json: schema,
        text: JSON.stringify(schema, null, 2),
      });
    });
  return addExample(command, 'bellhop config schema > bellhop.schema.json');
}

function initCommand(context: CliContext): Command {
  const command = new Command('init')
    .description('write a commented configuration to start from')
    .argument('[file]', 'where to; - is standard output', 'bellhop.yaml')
    .action(async (file: string) => {
      const globals = globalOptions(command);
      const { exampleConfig } = await import('../../config/example.ts');
      if (file === '-') {
        const text = exampleConfig();
        writeResult(context, globals, { json: { file, text }, text });
        return;
      }
      await createFile(resolve(context.cwd, file), exampleConfig(), file);
      writeNote(context, globals, `Edit ${file}, then run \`bellhop config check -c ${file}\`.`);
      writeResult(context, globals, { json: { file }, text: file });
    });
  return addExample(command, 'bellhop config init', 'bellhop config init - | less');
}

/** @throws Failure cannot_create; a file that is there is never overwritten. */
async function createFile(path: string, text: string, shownPath: string): Promise<void> {
  try {
    await writeFile(path, text, { flag: 'wx' });
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
    const reason = code === 'EEXIST' ? 'is there already' : `cannot be written (${code})`;
    throw new Failure('cannot_create', { detail: `${shownPath} ${reason}.`, cause });
  }
}
