import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/**
 * Runs a module in a process whose files cannot grow beyond `kib`: to SQLite that is a disk without space. What it
 * printed, as JSON.
 */
export async function runOnSmallDisk(kib: number, code: string): Promise<unknown> {
  const node = [process.execPath, '--input-type=module', '-e', code];
  // The shell counts in blocks of 512 bytes.
  const limited = `ulimit -f ${kib * 2}; exec "$0" "$@"`;
  const { stdout } = await promisify(execFile)('/bin/sh', ['-c', limited, ...node]);
  return JSON.parse(stdout);
}
