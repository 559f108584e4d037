import { cleanText } from './clean-text.ts';
import { textToHtml } from './escape-html.ts';
import { type EventContent, htmlFormat, inThread, type Mentions } from './event-content.ts';
import { fieldsPart, headPart, linksPart, type Part } from './message-parts.ts';
import type { Notification } from './notification.ts';

/** Makes text and HTML of one kind of markup; the result is safe to send whatever went in. */
export type MarkupReader = (text: string) => Part;

/** The kinds of markup beside plain text. They are given, so that who needs none loads none. */
export interface Markup {
  readonly markdown: MarkupReader;
  readonly html: MarkupReader;
}

export interface RenderOptions {
  /** What the room's messages are; a silent notification is `m.notice` anyway. */
  readonly msgtype: 'm.text' | 'm.notice';
}

/** How a notification looks in a room: same notification, same content. */
export type Renderer = (notification: Notification, options: RenderOptions) => EventContent;

/** More would ring a whole department one by one; `room` is for that. Keeps `m.mentions` below 26 kB. */
const mentionsMax = 50;
/** Appendices §4.2: the longest user or event id in bytes. */
const idBytesMax = 255;

const noMentions: Mentions = {};
const nothing: Part = { plain: '', html: '', block: false };

function isId(text: string, pattern: RegExp): boolean {
  return pattern.test(text) && Buffer.byteLength(text) <= idBytesMax && text === cleanText(text);
}

function mentionsOf(mention: Notification['mention']): Mentions {
  if (mention === undefined) return noMentions;
  if (mention === 'room') return { room: true };
  const userIds = [...new Set(mention)].filter((id) => isId(id, /^@[^\s:]*:\S+$/u));
  return userIds.length === 0 ? noMentions : { user_ids: userIds.slice(0, mentionsMax) };
}

/** What the body says; undefined: nothing. */
function bodyPart(notification: Notification, markup: Markup): Part | undefined {
  const text = cleanText(notification.body).trimEnd();
  const part = partOf(text, notification.format, markup);
  return part.plain === '' && part.html === '' ? undefined : part;
}

function partOf(text: string, format: Notification['format'], markup: Markup): Part {
  switch (format) {
    case 'plain':
      return { plain: text, html: textToHtml(text), block: false };
    case 'markdown':
      return markup.markdown(text);
    case 'html':
      return markup.html(text);
  }
}

/** One part below the other; undefined: there is none. */
function below(above: Part | undefined, next: Part | undefined): Part | undefined {
  if (above === undefined || next === undefined) return above ?? next;
  const lineEnd = above.block || next.block ? '' : '<br>';
  return {
    plain: `${above.plain}\n${next.plain}`,
    html: above.html + lineEnd + next.html,
    block: next.block,
  };
}

function isBare(notification: Notification): boolean {
  return (
    notification.format === 'plain' &&
    notification.title === undefined &&
    notification.status === undefined &&
    notification.severity === undefined &&
    notification.fields === undefined &&
    notification.link === undefined &&
    notification.links === undefined
  );
}

function wordsOf(
  notification: Notification,
  markup: Markup,
): Pick<EventContent, 'body' | 'format' | 'formatted_body'> {
  if (isBare(notification)) return { body: cleanText(notification.body).trimEnd() };
  const head = headPart(notification);
  const body = bodyPart(notification, markup);
  const rows = fieldsPart(notification.fields);
  const links = linksPart(notification);
  const whole = below(below(below(head, body), rows), links);
  const { plain, html } = whole ?? nothing;
  // Plain text alone needs no HTML.
  if (notification.format === 'plain' && whole === body) return { body: plain };
  return { body: plain, format: htmlFormat, formatted_body: html };
}

/** A renderer that knows this markup. Nothing of a notification becomes markup unless its `format` says so. */
export function createRenderer(markup: Markup): Renderer {
  return (notification, options) => {
    const { thread } = notification;
    // In the order of canonical JSON, which is then written without sorting.
    return {
      ...wordsOf(notification, markup),
      'm.mentions': mentionsOf(notification.mention),
      ...(thread !== undefined && isId(thread, /^\$\S+$/u)
        ? { 'm.relates_to': inThread(thread) }
        : {}),
      msgtype: notification.silent === true ? 'm.notice' : options.msgtype,
    };
  };
}
