import { cleanLine, cleanText } from './clean-text.ts';
import { escapeHtml, textToHtml } from './escape-html.ts';
import { type Mark, severityMarks, statusMarks } from './marks.ts';
import type { Field, Link, Notification } from './notification.ts';
import { safeUrl } from './safe-url.ts';

/** One part of a message, as text and as HTML. */
export interface Part {
  readonly plain: string;
  readonly html: string;
  /** Whether the HTML begins and ends a line by itself. */
  readonly block: boolean;
}

/** Names longer than this do not push the other lines' values to the right. */
const nameWidthMax = 24;
/** Longer values are texts of their own, in characters. */
const indentedLengthMax = 4096;
/** A bare address is shown this long; the link itself stays whole. */
const shownUrlLengthMax = 80;

/** Between what stands side by side on one line. */
const separator = ' · ';

/** The first line: status, severity, title; undefined if there is none of them. */
export function headPart({ status, severity, title: said }: Notification): Part | undefined {
  let plain = '';
  let html = '';
  const add = (mark: Mark) => {
    const before = plain === '' ? '' : separator;
    plain += before + mark.plain;
    html += before + mark.html;
  };
  if (status !== undefined) add(statusMarks[status]);
  if (severity !== undefined) add(severityMarks[severity]);
  const title = said === undefined ? '' : cleanLine(said);
  if (title !== '') add({ plain: title, html: `<strong>${escapeHtml(title)}</strong>` });
  return plain === '' ? undefined : { plain, html, block: false };
}

/** Continues a value's further lines below its first one; a long text is hardly indented, as it would grow too much. */
function indented(value: string, width: number): string {
  if (!value.includes('\n')) return value;
  const indent = ' '.repeat(value.length > indentedLengthMax ? 2 : width);
  return value.replaceAll('\n', `\n${indent}`);
}

/** The fields as aligned lines and as a table; undefined if there are none. */
export function fieldsPart(fields: readonly Field[] | undefined): Part | undefined {
  if (fields === undefined || fields.length === 0) return undefined;
  const rows = fields.map((field) => ({
    name: cleanLine(field.name),
    value: cleanText(field.value).trimEnd(),
  }));
  const width = Math.min(
    nameWidthMax,
    rows.reduce((widest, row) => Math.max(widest, row.name.length), 0),
  );
  const plain = rows.map(
    (row) => `${`${row.name}:`.padEnd(width + 1)} ${indented(row.value, width + 2)}`,
  );
  const html = rows.map(
    (row) => `<tr><th>${escapeHtml(row.name)}</th><td>${textToHtml(row.value)}</td></tr>`,
  );
  return {
    plain: plain.join('\n'),
    html: `<table><tbody>${html.join('')}</tbody></table>`,
    block: true,
  };
}

function shownUrl(url: string): string {
  const bare = url.replace(/^(?:https?|ftp):\/\/|^mailto:/i, '').replace(/\/$/, '');
  return bare.length > shownUrlLengthMax
    ? `${bare.slice(0, shownUrlLengthMax).toWellFormed()}…`
    : bare;
}

function linkPart(link: Link): Part | undefined {
  const url = safeUrl(link.url);
  if (url === undefined) return undefined;
  const label = cleanLine(link.label);
  return {
    plain: label === '' ? `🔗 ${url}` : `🔗 ${label}: ${url}`,
    html: `🔗 <a href="${escapeHtml(url)}">${escapeHtml(label === '' ? shownUrl(url) : label)}</a>`,
    block: false,
  };
}

/** The ways out, in order: those with an unsafe address are left out; undefined if none is left. */
export function linksPart(notification: Notification): Part | undefined {
  const { link, links = [] } = notification;
  const all = link === undefined ? links : [{ label: '', url: link }, ...links];
  const parts = all.map(linkPart).filter((part) => part !== undefined);
  if (parts.length === 0) return undefined;
  return {
    plain: parts.map((part) => part.plain).join('\n'),
    html: parts.map((part) => part.html).join(separator),
    block: false,
  };
}
