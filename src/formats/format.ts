import type { Notification } from '../notification/notification.ts';

/** What a sender sent, before anyone understood it. Header names are lower case. */
export interface IncomingRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Query fields, without any that carry a token. */
  readonly query: Readonly<Record<string, string>>;
  /** The raw body; at most `limits.body` bytes. */
  readonly body: Uint8Array;
}

/** One mistake in the input: where, and what would be right. Never a piece of the body. */
export interface Problem {
  /** A JSON pointer such as `/alerts/0/labels`, a field name, or `body`. */
  readonly place: string;
  readonly message: string;
}

/** A request that was understood. */
export interface Understood {
  readonly ok: true;
  readonly notifications: readonly FormattedNotification[];
}

/** Whether a text names a room that the call may mean, reachable or not. */
export type RoomRecognition = (named: string) => boolean;

export interface FormattedNotification {
  readonly notification: Notification;
  /** The rooms its own payload names; undefined: it names none. */
  readonly rooms?: readonly string[] | undefined;
  /**
   * Names this very message among the sender's repeats; the same key within the format's window is one message.
   * Undefined: the sender has no such key.
   */
  readonly dedupeKey?: string | undefined;
}

export type Understanding =
  | Understood
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** How one sender's requests become notifications. Pure: same request, same answer. */
export interface Format {
  readonly name: string;
  /** How sure the format is that a request is its own: 0 no, 1 might be, 2 surely. The highest wins. */
  recognises(request: IncomingRequest): 0 | 1 | 2;
  /** @param isRoom - default: nothing is a room; what a payload calls one is then shown like all that nobody understands */
  understand(request: IncomingRequest, isRoom?: RoomRecognition): Understanding;
  /** For how long an equal dedupeKey means the same message, in milliseconds. */
  readonly dedupeWindowMs: number;
}
