/** How urgent it is; readable without colour, ordered from least to most. */
export const severities = ['debug', 'info', 'notice', 'warning', 'error', 'critical'] as const;
export type Severity = (typeof severities)[number];

/** What state the thing is in that the notification speaks of. */
export const statuses = [
  'firing',
  'resolved',
  'running',
  'succeeded',
  'failed',
  'unknown',
] as const;
export type Status = (typeof statuses)[number];

/** How `body` is written. Nothing becomes markup unless this says so. */
export const bodyFormats = ['plain', 'markdown', 'html'] as const;
export type BodyFormat = (typeof bodyFormats)[number];

/** One row of the small table below the body; both are plain text. */
export interface Field {
  readonly name: string;
  readonly value: string;
}

/** A named way out of the message; the label is plain text. */
export interface Link {
  readonly label: string;
  readonly url: string;
}

/**
 * What is said, whoever said it: the one model between every format and every way out. Texts may be as a sender wrote
 * them: rendering cleans what it shows.
 */
export interface Notification {
  readonly title?: string | undefined;
  readonly body: string;
  readonly format: BodyFormat;
  readonly severity?: Severity | undefined;
  readonly status?: Status | undefined;
  /** Where to read more; only http, https, ftp, mailto and magnet survive rendering. */
  readonly link?: string | undefined;
  /** Further links, in order. */
  readonly links?: readonly Link[] | undefined;
  readonly fields?: readonly Field[] | undefined;
  /** Names what several notifications are about, such as a group of alerts; kept with the entry and shown. */
  readonly key?: string | undefined;
  /** Which script, job or check of the source speaks. */
  readonly origin?: string | undefined;
  /** The event id of a thread's root. */
  readonly thread?: string | undefined;
  /** User ids to mention, or the whole room. */
  readonly mention?: readonly string[] | 'room' | undefined;
  /** Must not make a sound: sent as `m.notice`. */
  readonly silent?: boolean | undefined;
}
