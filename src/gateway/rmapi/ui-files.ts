import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { Failure } from '../../errors.ts';

/** A file of the browser part. */
export interface UiFile {
  readonly type: string;
  readonly content: Buffer;
}

const types: ReadonlyMap<string, string> = new Map([
  ['.js', 'text/javascript; charset=utf-8'],
  ['.css', 'text/css; charset=utf-8'],
  ['.svg', 'image/svg+xml'],
  ['.json', 'application/json'],
]);

/** The browser part has a handful of files; more is not ours. */
const filesMax = 64;

/** The files of a directory that browsers need, by their names. @throws Failure rmapi_invalid if they cannot be read */
export async function readUiFiles(directory: string): Promise<ReadonlyMap<string, UiFile>> {
  const files = new Map<string, UiFile>();
  try {
    for (const name of (await readdir(directory)).slice(0, filesMax)) {
      const type = types.get(extname(name));
      if (type === undefined) continue;
      files.set(name, { type, content: await readFile(join(directory, name)) });
    }
  } catch (cause) {
    const problems = [`rmapi: the browser part in ${directory} cannot be read`];
    throw new Failure('rmapi_invalid', { problems, cause });
  }
  return files;
}
