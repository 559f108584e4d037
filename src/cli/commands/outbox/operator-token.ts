import type { Config } from '../../../config/config.ts';
import { Failure } from '../../../errors.ts';

/** The token of the first operator. @throws Failure operator_only, secret_unreadable */
export async function operatorToken(config: Config): Promise<string> {
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
