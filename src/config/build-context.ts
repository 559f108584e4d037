import { resolve } from 'node:path';
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

const credentialsPrefix = /^\$(?:CREDENTIALS_DIRECTORY|\{CREDENTIALS_DIRECTORY\})\//;

/** An absolute path; `$CREDENTIALS_DIRECTORY/` at its beginning is systemd's directory of credentials. */
export function resolvePath(context: BuildContext, text: string, path: Path): string {
  if (!credentialsPrefix.test(text)) return resolve(context.directory, text);
  const credentials = context.env['CREDENTIALS_DIRECTORY'];
  if (credentials === undefined || credentials === '') {
    context.report(
      path,
      'begins with $CREDENTIALS_DIRECTORY, which is not set; systemd sets it for LoadCredential=',
    );
    return text;
  }
  return resolve(context.directory, credentials, text.replace(credentialsPrefix, ''));
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
  return { kind: 'file', path: resolvePath(context, file, [...path, fileKey]) };
}
