import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../../config/config.ts';
import { catalogue } from '../../errors.ts';
import { encryptionDirectory } from '../account-encryption.ts';
import { encryptionKey } from '../encryption-key.ts';
import { type Finding, fail, failed, ok, warn } from './finding.ts';

const check = 'encryption key';
const othersAny = 0o077;

function isPrivate(path: string): boolean {
  return ((statSync(path, { throwIfNoEntry: false })?.mode ?? 0) & othersAny) === 0;
}

/** The files of the stores; none where nothing was encrypted yet. */
function storeFiles(dataDir: string): string[] {
  const directory = encryptionDirectory(dataDir);
  if (!existsSync(directory)) return [];
  return readdirSync(directory).map((name) => join(directory, name));
}

function keyThatIsNamed(path: string, config: Config): Finding {
  encryptionKey(config);
  if (isPrivate(path)) return ok(check, `${path} opens the encryption stores`);
  return warn(check, `others may read ${path}`, `Run \`chmod 0600 ${path}\`.`);
}

/** Undefined: there is none yet, and nothing that it should open. */
function keyThatWasMade(config: Config, hasStores: boolean): Finding | undefined {
  const path = join(config.dataDir, 'encryption.key');
  if (existsSync(path)) {
    encryptionKey(config);
    if (!isPrivate(path)) {
      return warn(check, `others may read ${path}`, `Run \`chmod 0600 ${path}\`.`);
    }
    const advice = 'whoever copies one has the other; `encryption_key_file` names a better place';
    return ok(check, `${path} lies beside the encryption stores that it opens: ${advice}`);
  }
  if (!hasStores) return undefined;
  const { exit } = catalogue.encryption_store_unusable;
  return fail(
    check,
    `${path} is gone, and the encryption stores cannot be opened without it`,
    `Put it back. If it is lost, delete ${encryptionDirectory(config.dataDir)} and run \`bellhop account identity recover\` for each account.`,
    exit,
  );
}

/** Where the key of the encryption stores lies, and whether it and they are readable by their owner only. Nothing is made. */
export function checkEncryptionFiles(config: Config): Finding[] {
  try {
    const files = storeFiles(config.dataDir);
    const { encryptionKeyPath: path } = config;
    const key =
      path === undefined ? keyThatWasMade(config, files.length > 0) : keyThatIsNamed(path, config);
    const open = files
      .filter((file) => !isPrivate(file))
      .map((file) =>
        warn('encryption stores', `others may read ${file}`, `Run \`chmod 0600 ${file}\`.`),
      );
    return key === undefined ? open : [key, ...open];
  } catch (thrown) {
    return [failed(check, thrown)];
  }
}
