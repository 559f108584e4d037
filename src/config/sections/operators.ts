import { z } from 'zod';
import { type BuildContext, secretReference } from '../build-context.ts';
import type { OperatorConfig } from '../config.ts';
import { name, path, type Shape, token } from '../fields.ts';
import type { Secret } from '../secret.ts';

/** An operator as the file has it. */
export interface OperatorInput {
  readonly token: Secret | undefined;
  readonly token_file: string | undefined;
}

const shape: Shape<OperatorInput> = {
  token: token.optional().describe('The token its requests carry.'),
  token_file: path.optional().describe('A file with the token.'),
};

/** Who may list, wake, redrive and cancel messages of every source, by name. */
export const operatorsSchema: z.ZodType<Record<string, OperatorInput>> = z.record(
  name,
  z.strictObject(shape),
);

/** One operator; undefined: it has no token, which is reported. */
export function toOperator(
  operatorName: string,
  input: OperatorInput,
  context: BuildContext,
): OperatorConfig | undefined {
  const place = ['operators', operatorName];
  const reference = secretReference(context, place, 'token', input.token, input.token_file);
  if (reference !== undefined) return { name: operatorName, token: reference };
  if (!['token', 'token_file'].some((key) => context.has([...place, key]))) {
    context.report(place, 'has no token; give it `token_file` or `token`');
  }
  return undefined;
}
