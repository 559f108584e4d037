import type { StoredSubmission } from './operations/accept.ts';
import type { Call } from './run-batch.ts';

/** What a call that is neither of the big two counts for. */
const smallCallBytes = 256;

/** About how much a call asks of its batch: rows to write, and bytes to carry. */
export function weighCall({ name, args }: Call): { readonly rows: number; readonly bytes: number } {
  if (name === 'accept') return weighSubmission(args[0] as StoredSubmission);
  if (name === 'settle') {
    const { length } = args[0] as readonly unknown[];
    return { rows: length, bytes: length * smallCallBytes };
  }
  const bytes = name === 'complete' ? (args[1] as Uint8Array).byteLength : 0;
  return { rows: 1, bytes: smallCallBytes + bytes };
}

function weighSubmission({ entries }: StoredSubmission): { rows: number; bytes: number } {
  let bytes = smallCallBytes;
  for (const { content, attachment } of entries) {
    bytes += content.byteLength + (attachment?.bytes.byteLength ?? 0);
  }
  return { rows: entries.length, bytes };
}
