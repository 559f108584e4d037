import { link, open, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';

const onlyOwner = 0o600;

/**
 * Puts a text in the place of a file, or where there is none, for its owner alone (0600). When it resolves, the text is on
 * disk; a crash before leaves the old file or the new one, never a part. Rejects with what the file system says.
 */
export async function replaceFile(path: string, text: string): Promise<void> {
  const aside = await writeAside(path, text);
  try {
    await rename(aside, path);
  } catch (error) {
    await unlink(aside).catch(() => undefined);
    throw error;
  }
  await syncDirectory(dirname(path));
}

/**
 * The same where there is no such file; false: there is one, and it stays. By a link, as nobody must ever see a part of a file,
 * nor lose one that is there.
 */
export async function createFile(path: string, text: string): Promise<boolean> {
  const aside = await writeAside(path, text);
  try {
    await link(aside, path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  } finally {
    await unlink(aside);
  }
  await syncDirectory(dirname(path));
  return true;
}

/** Rejects where `replaceFile` would, as far as that can be known; nothing is changed. */
export async function proveReplaceable(path: string): Promise<void> {
  await unlink(await writeAside(path, ''));
}

/** What was made or removed in a directory outlives a power failure once this resolves. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** A text on disk under a name of its own beside `path`, for its owner alone; that name. Whoever asks moves or removes it. */
async function writeAside(path: string, text: string): Promise<string> {
  // Loaded when it is first needed, as `send` seldom writes a file.
  const { randomUUID } = await import('node:crypto');
  const aside = `${path}.${randomUUID()}.tmp`;
  const file = await open(aside, 'wx', onlyOwner);
  try {
    await file.writeFile(text);
    await file.sync();
  } catch (error) {
    await unlink(aside).catch(() => undefined);
    throw error;
  } finally {
    await file.close();
  }
  return aside;
}
