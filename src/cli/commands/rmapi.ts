import { Command } from 'commander';
import { Failure } from '../../errors.ts';
import { addExample } from '../add-example.ts';
import type { CliContext } from '../context.ts';
import { globalOptions } from '../global-options.ts';

/** `bellhop rmapi`: what python-matrix-rmapi does, configured by the same environment. */
export function rmapiCommand(context: CliContext): Command {
  const command = new Command('rmapi')
    .description('take the place of python-matrix-rmapi, configured by its environment')
    .option('-l, --loglevel <level>', 'instead of LOG_LEVEL: a name, or a number as in Python')
    .action(async (options: { loglevel?: string }) => {
      const { serveRmapi } = await import('./rmapi/serve-rmapi.ts');
      await serveRmapi(context, globalOptions(command), options.loglevel);
    })
    .addCommand(healthcheckCommand(context))
    .addCommand(openapiCommand(context));
  return addExample(command, 'SYNAPSE_REGISTRATION_SECRET=… bellhop rmapi');
}

function healthcheckCommand(context: CliContext): Command {
  const command = new Command('healthcheck')
    .description('ask a running one how it is; exits with 0, 1 or the HTTP status')
    .option('--host <host>', 'where it listens; default: as the environment says')
    .option('--port <port>', 'default: as the environment says, else 8012')
    .option('--timeout <seconds>', 'how long to wait', '2.0')
    .action(async (options: { host?: string; port?: string; timeout: string }) => {
      const { askHealth } = await import('./rmapi/ask-health.ts');
      await askHealth(context, {
        host: options.host,
        port: numberOf('--port', options.port),
        timeoutSeconds: numberOf('--timeout', options.timeout) ?? 0,
      });
    });
  return addExample(command, 'bellhop rmapi healthcheck --port 8012');
}

function numberOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() !== '' && value > 0) return value;
  throw new Failure('usage', { detail: `${option} must be a number above 0.` });
}

function openapiCommand(context: CliContext): Command {
  const command = new Command('openapi')
    .description('show the OpenAPI document of its HTTP interface')
    .action(async () => {
      const { rmapiOpenapi } = await import('../../gateway/rmapi/openapi.ts');
      context.stdout.write(`${JSON.stringify(rmapiOpenapi(context.version))}\n`);
    });
  return addExample(command, 'bellhop rmapi openapi > openapi.json');
}
