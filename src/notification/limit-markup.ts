import { parsedLengthMax, withoutTags } from './markup-input.ts';
import type { Notification } from './notification.ts';

/**
 * How much markup is parsed for one call, in UTF-16 units. Parsing holds up everything else, so all notifications of a
 * call together may cost no more than two of the longest: a fifth of a second of the worst.
 */
const callLengthMax = 2 * parsedLengthMax;

/** Markdown reads well as it is; of HTML only the words do. */
function asPlain(notification: Notification): Notification {
  const { body, format } = notification;
  return { ...notification, format: 'plain', body: format === 'html' ? withoutTags(body) : body };
}

/**
 * One call's notifications, of which at most 128 Ki of markup are left to be parsed: a body that does not fit any more
 * is plain text.
 */
export function limitMarkup(notifications: readonly Notification[]): Notification[] {
  let left = callLengthMax;
  return notifications.map((notification) => {
    if (notification.format === 'plain') return notification;
    const cost = Math.min(notification.body.length, parsedLengthMax);
    if (cost > left) return asPlain(notification);
    left -= cost;
    return notification;
  });
}
