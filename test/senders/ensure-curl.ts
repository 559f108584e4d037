import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { SenderMissing } from './describe-with-sender.ts';

/** It answers in milliseconds. */
const deadlineMs = 10_000;

/** The name of the command. @throws SenderMissing when there is none */
export async function ensureCurl(): Promise<string> {
  try {
    await promisify(execFile)('curl', ['--version'], { timeout: deadlineMs });
    return 'curl';
  } catch (cause) {
    throw new SenderMissing('there is no curl', { cause });
  }
}
