import type { Submission } from '../../outbox/outbox.ts';
import type { Call } from './run-batch.ts';

/** What a call that is neither of the big two counts for. */
const smallCallBytes = 256;

/** About how much a call asks of its batch: rows to write, and bytes to carry (a character counts as one). */
export function weighCall({ name, args }: Call): { readonly rows: number; readonly bytes: number } {
  if (name === 'accept') return weighSubmission(args[0] as Submission);
  if (name === 'settle') {
    const { length } = args[0] as readonly unknown[];
    return { rows: length, bytes: length * smallCallBytes };
  }
  const bytes = name === 'complete' ? String(args[1]).length : 0;
  return { rows: 1, bytes: smallCallBytes + bytes };
}

function weighSubmission({ entries }: Submission): { rows: number; bytes: number } {
  let bytes = smallCallBytes;
  for (const { content, attachment } of entries) {
    bytes += content.length + (attachment?.bytes.byteLength ?? 0);
  }
  return { rows: entries.length, bytes };
}
