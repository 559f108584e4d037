const prefix = /^\$(?:CREDENTIALS_DIRECTORY|\{CREDENTIALS_DIRECTORY\})\//;

/** The path below systemd's directory of credentials; undefined: the text is another path. */
export function credentialName(text: string): string | undefined {
  return prefix.test(text) ? text.replace(prefix, '') : undefined;
}

/** What is wrong with such a path where the variable is not set. */
export const credentialsUnset =
  'begins with $CREDENTIALS_DIRECTORY, which is not set; systemd sets it for LoadCredential=';

/** What is wrong with a path before anybody opens it; undefined: nothing is known to be. */
export function unsetCredential(path: string): string | undefined {
  return credentialName(path) === undefined ? undefined : credentialsUnset;
}
