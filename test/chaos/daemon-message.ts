import type { Counts } from '../../src/outbox/outbox.ts';

/** What the run asks of a daemon process: to begin to serve, or to tell the outbox's counts once nothing is owed. */
export type ToDaemon = 'start' | 'settle';

/** What a daemon process tells. */
export type FromDaemon =
  /** Its code is loaded; it has touched nothing yet. */
  | { readonly kind: 'loaded' }
  | { readonly kind: 'listening'; readonly url: string }
  | { readonly kind: 'settled'; readonly counts: Counts };
