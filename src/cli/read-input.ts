import type { CliInput } from './context.ts';

/**
 * Everything on standard input, or its first `bytesMax` + 1 bytes if it is longer.
 * @throws the signal's reason when it aborts
 */
export async function readInput(
  input: CliInput,
  bytesMax: number,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const stop = (): unknown => input.destroy();
  signal.addEventListener('abort', stop, { once: true });
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of input) {
      const bytes = Buffer.from(chunk);
      chunks.push(bytes);
      length += bytes.length;
      if (length > bytesMax) break;
    }
  } finally {
    signal.removeEventListener('abort', stop);
  }
  signal.throwIfAborted();
  return Buffer.concat(chunks).subarray(0, bytesMax + 1);
}
