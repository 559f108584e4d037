import { stat } from 'node:fs/promises';
import type { Config } from '../../config/config.ts';
import { readSecrets } from '../../config/read-secrets.ts';
import type { SecretReference } from '../../config/secret.ts';
import { type Finding, failed, ok, warn } from './finding.ts';

/** Permission of anybody else to read a file. */
const othersRead = 0o004;

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

/** Whether every secret can be read, and by nobody else. */
export async function checkSecrets(config: Config): Promise<Finding[]> {
  const paths = secretPaths(config);
  try {
    await readSecrets(config);
  } catch (thrown) {
    return [failed('secrets', thrown)];
  }
  const findings: Finding[] = [ok('secrets', `all can be read, ${paths.length} of them in files`)];
  for (const path of new Set(paths)) {
    if (await openToAll(path)) {
      findings.push(warn('secrets', `everybody can read ${path}`, `Run \`chmod o-r ${path}\`.`));
    }
  }
  return findings;
}
