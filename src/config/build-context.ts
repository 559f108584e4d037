import { resolve } from 'node:path';
import { credentialName, credentialsUnset } from './credential-path.ts';
import type { Path, Report } from './place.ts';
import type { Secret, SecretReference } from './secret.ts';

/** Variables of the process's environment. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What turning a section's text into settings needs of its surroundings. */
export interface BuildContext {
  readonly env: Environment;
  /** The directory that relative paths start from, absolute. */
  readonly directory: string;
  readonly report: Report;
  /** Whether the file has something at this place, right or wrong. */
  has(path: Path): boolean;
}

/** An absolute path; undefined: systemd's directory of credentials, where it begins, is not known. */
function knownPath({ env, directory }: BuildContext, text: string): string | undefined {
  const name = credentialName(text);
  if (name === undefined) return resolve(directory, text);
  const credentials = env['CREDENTIALS_DIRECTORY'];
  return credentials === undefined || credentials === ''
    ? undefined
    : resolve(directory, credentials, name);
}

/** An absolute path; `$CREDENTIALS_DIRECTORY/` at its beginning is systemd's directory of credentials. */
export function resolvePath(context: BuildContext, text: string, path: Path): string {
  const known = knownPath(context, text);
  if (known === undefined) context.report(path, credentialsUnset);
  return known ?? text;
}

/**
 * The same for a file that only some commands read. Outside the unit systemd's variable is not set: then the path stays as
 * it is written, and whoever reads the file says so (`unsetCredential`).
 */
export function resolveSecretPath(context: BuildContext, text: string): string {
  return knownPath(context, text) ?? text;
}

/** The secret `key` or `key_file` of the entry at `path`; undefined: neither is there. Both is reported. */
export function secretReference(
  context: BuildContext,
  path: Path,
  key: string,
  inline: Secret | undefined,
  file: string | undefined,
): SecretReference | undefined {
  const fileKey = `${key}_file`;
  if (context.has([...path, key]) && context.has([...path, fileKey])) {
    context.report([...path, fileKey], `stands beside ${key}; keep one of them`);
  }
  if (inline !== undefined) return { kind: 'inline', secret: inline };
  if (file === undefined) return undefined;
  return { kind: 'file', path: resolveSecretPath(context, file) };
}
