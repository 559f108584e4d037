import type { SendOptions } from './send-options.ts';

/** The message as `POST /v1/notifications` takes it; the same message is the same text, whichever way it goes. */
export function sendDocument(options: SendOptions, text: string): string {
  return JSON.stringify({
    room: options.room,
    title: options.title,
    body: text,
    format: options.format,
    severity: options.severity,
    status: options.status,
    link: options.link,
    key: options.key,
    thread: options.thread,
    mention: options.mention,
    silent: options.silent || undefined,
    expire_after: options.expireAfterMs === undefined ? undefined : `${options.expireAfterMs}ms`,
  });
}
