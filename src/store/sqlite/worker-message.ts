import type { PackedCalls } from './packed-calls.ts';
import type { PackedReplies } from './packed-replies.ts';
import type { FailureRecord } from './store-failure.ts';

/** What the database's thread is told: the calls of one batch, or to close the database and end. */
export type ToWorker = PackedCalls | 'close';

/** What it tells: that it is open, why it cannot be opened, or a batch's replies in order. */
export type FromWorker =
  | { readonly kind: 'open' }
  | { readonly kind: 'failed'; readonly failure: FailureRecord }
  | { readonly kind: 'done'; readonly replies: PackedReplies; readonly commits: number };
