import { Command } from 'commander';
import { addExample } from '../../add-example.ts';
import type { CliContext } from '../../context.ts';
import { globalOptions } from '../../global-options.ts';
import { writeResult } from '../../results.ts';

/** `bellhop deployment schema`: what a deployment file may say. */
export function schemaCommand(context: CliContext): Command {
  const command = new Command('schema')
    .description('show the JSON Schema of the deployment file, for editors')
    .action(async () => {
      const { deploymentFileSchema } = await import(
        '../../../app/deployment/deployment-file-schema.ts'
      );
      const schema = deploymentFileSchema();
      writeResult(context, globalOptions(command), {
        json: schema,
        text: JSON.stringify(schema, null, 2),
      });
    });
  return addExample(command, 'bellhop deployment schema > deployment.schema.json');
}
