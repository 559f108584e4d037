import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import { unsetCredential } from '../config/credential-path.ts';
import { Failure } from '../errors.ts';
import { keptSecret } from './kept-secret.ts';

const keyBytes = 32;
/** The key as text: 64 hexadecimal digits, or base64 with or without padding. */
const hexPattern = /^[0-9a-f]{64}$/i;
const base64Pattern = /^[\w+/-]{43}=?$/;

/**
 * The 32 bytes that open the encryption stores: those of `encryption_key_file`, else `encryption.key` in the data
 * directory, made when it is first needed.
 *
 * @param storesDirectory - while there are stores in it, no key is made
 * @throws Failure secret_unreadable, data_dir_unusable; encryption_store_unusable: there are stores, and their key is gone
 */
export function encryptionKey(
  config: Pick<Config, 'dataDir' | 'encryptionKeyPath'>,
  storesDirectory?: string,
): Uint8Array {
  const { encryptionKeyPath: path } = config;
  if (path === undefined) {
    const kept = join(config.dataDir, 'encryption.key');
    if (storesDirectory !== undefined && !existsSync(kept)) requireNoStores(storesDirectory, kept);
    return keptSecret(kept);
  }
  const bytes = read(path);
  if (bytes.length === keyBytes) return bytes;
  const text = bytes.toString('latin1').trim();
  if (hexPattern.test(text)) return Buffer.from(text, 'hex');
  if (base64Pattern.test(text)) return Buffer.from(text, 'base64');
  throw new Failure('secret_unreadable', {
    detail: `${path} must hold ${keyBytes} bytes, raw, in hex or in base64.`,
  });
}

/** Another key would open none of them, and be in the way of the one that is put back. */
function requireNoStores(directory: string, path: string): void {
  if (!existsSync(directory) || readdirSync(directory).length === 0) return;
  const detail = `${path} is gone, which the stores in ${directory} were made with.`;
  throw new Failure('encryption_store_unusable', { detail });
}

function read(path: string): Buffer {
  const unset = unsetCredential(path);
  if (unset !== undefined) {
    throw new Failure('secret_unreadable', { detail: `${path} ${unset}.` });
  }
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new Failure('secret_unreadable', { detail: `${path} cannot be read.`, cause });
  }
}
