import { join } from 'node:path';
import { manifestText, type RmapiManifest, readManifest } from '../../config/rmapi-manifest.ts';
import { replaceFile } from '../../replace-file.ts';

/**
 * A volume that is not mounted at some start must not give a deployment's rooms the fallback's names, nor keep a
 * revocation from being taken: so what the manifest said is kept in the data directory.
 */
const keptIn = (dataDir: string): string => join(dataDir, 'manifest.json');

/** Keeps what the manifest said, for a start without it. Rejects with what the file system says. */
export async function keepManifest(dataDir: string, manifest: RmapiManifest): Promise<void> {
  await replaceFile(keptIn(dataDir), manifestText(manifest));
}

/** What the manifest said at the last start that had one; undefined: there was none. @throws Failure rmapi_invalid */
export async function keptManifest(dataDir: string): Promise<RmapiManifest | undefined> {
  return await readManifest(keptIn(dataDir));
}
