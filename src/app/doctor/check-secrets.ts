import { stat } from 'node:fs/promises';
import type { Config } from '../../config/config.ts';
import { readSecrets, secretSetting } from '../../config/read-secrets.ts';
import type { Secret, SecretReference } from '../../config/secret.ts';
import { type Finding, failed, ok, warn } from './finding.ts';

/** Permission of anybody else to read a file. */
const othersRead = 0o004;
/** Sixteen random hexadecimal digits are 64 bits; what is shorter was made up by somebody, and can be guessed. */
const callerTokenLengthMin = 16;

function secretPaths(config: Config): string[] {
  const references: (SecretReference | undefined)[] = [
    ...[...config.accounts.values()].flatMap(({ accessToken, password }) => [
      accessToken,
      password,
    ]),
    ...[...config.sources.values()].map(({ token }) => token),
    ...[...config.operators.values()].map(({ token }) => token),
  ];
  return references.flatMap((reference) => (reference?.kind === 'file' ? [reference.path] : []));
}

async function openToAll(path: string): Promise<boolean> {
  try {
    return ((await stat(path)).mode & othersRead) !== 0;
  } catch {
    return false;
  }
}

/** The tokens by which callers are known, each as it is configured and as it was read. */
function* callerTokens(
  config: Config,
  read: Config<Secret>,
): Generator<{ setting: string; token: Secret }> {
  for (const section of ['sources', 'operators'] as const) {
    for (const { name, token: reference } of config[section].values()) {
      const token = read[section].get(name)?.token;
      if (reference === undefined || token === undefined) continue;
      yield { setting: secretSetting(reference, `${section}.${name}.token`), token };
    }
  }
}

/** Whoever guesses a caller's token speaks in its name; tokens of accounts are made by homeservers. */
function shortTokens(config: Config, read: Config<Secret>): Finding[] {
  return [...callerTokens(config, read)]
    .filter(({ token }) => token.reveal().length < callerTokenLengthMin)
    .map(({ setting }) =>
      warn(
        'secrets',
        `${setting} has fewer than ${callerTokenLengthMin} characters, so it could be guessed`,
        'Replace it by what `openssl rand -hex 32` makes, also at whoever sends it.',
      ),
    );
}

async function readable(config: Config): Promise<Config<Secret> | Finding> {
  try {
    return await readSecrets(config);
  } catch (thrown) {
    return failed('secrets', thrown);
  }
}

/** Whether every secret can be read, by nobody else, and none that callers have can be guessed. */
export async function checkSecrets(config: Config): Promise<Finding[]> {
  const paths = secretPaths(config);
  const read = await readable(config);
  if ('check' in read) return [read];
  const findings: Finding[] = [
    ok('secrets', `all can be read, ${paths.length} of them in files`),
    ...shortTokens(config, read),
  ];
  for (const path of new Set(paths)) {
    if (await openToAll(path)) {
      findings.push(warn('secrets', `everybody can read ${path}`, `Run \`chmod o-r ${path}\`.`));
    }
  }
  return findings;
}
