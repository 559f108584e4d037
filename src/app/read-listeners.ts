import { readFileSync } from 'node:fs';
import type { ListenConfig } from '../config/config.ts';
import { unsetCredential } from '../config/credential-path.ts';
import { Failure } from '../errors.ts';
import type { ListenerOptions } from '../gateway/listener.ts';

/** The configured listeners, with what their files hold now. @throws Failure secret_unreadable, naming all that cannot be read */
export function readListeners(listen: readonly ListenConfig[]): ListenerOptions[] {
  const problems: string[] = [];
  const read = (path: string, place: string): string => {
    const unset = unsetCredential(path);
    if (unset !== undefined) {
      problems.push(`listen: ${place}: ${path} ${unset}`);
      return '';
    }
    try {
      return readFileSync(path, 'utf8');
    } catch (cause) {
      const { code = 'unknown error' } = cause as NodeJS.ErrnoException;
      problems.push(`listen: ${place}: ${path} cannot be read (${code})`);
      return '';
    }
  };
  const listeners = listen.map(({ address, only, tls }) => {
    if (tls === undefined) return { address, only };
    const cert = read(tls.certPath, `${address}: tls.cert`);
    return { address, only, tls: { cert, key: read(tls.keyPath, `${address}: tls.key`) } };
  });
  if (problems.length > 0) throw new Failure('secret_unreadable', { problems });
  return listeners;
}
