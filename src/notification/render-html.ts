import { compile, type SelectorDefinition } from 'html-to-text';
import sanitize from 'sanitize-html';
import { cleanText } from './clean-text.ts';
import { htmlDepthMax, htmlSubset } from './html-subset.ts';
import { markupInput, withoutTags } from './markup-input.ts';
import type { Part } from './message-parts.ts';
import { safeUrl } from './safe-url.ts';

type Attributes = sanitize.Attributes;

/** The attributes that are there and whose value the rule accepts. */
function keep(
  attributes: Attributes,
  rules: Record<string, (value: string) => boolean>,
): Attributes {
  return Object.fromEntries(
    Object.entries(attributes).filter(([name, value]) => rules[name]?.(value) === true),
  );
}

const isColor = (value: string): boolean => /^#[0-9a-f]{6}$/i.test(value);
const isCount = (value: string): boolean => /^\d{1,5}$/.test(value);
const isText = (): boolean => true;
const isMxc = (value: string): boolean => /^mxc:\/\/[^/\s]+\/[\w-]+$/.test(value);

/** A message may only show images of its homeserver: others become links. */
function image(_tag: string, attributes: Attributes): sanitize.Tag {
  const source = attributes['src'] ?? '';
  if (isMxc(source)) {
    const rules = { src: isMxc, width: isCount, height: isCount, alt: isText, title: isText };
    return { tagName: 'img', attribs: keep(attributes, rules) };
  }
  const url = safeUrl(source);
  const shown = attributes['alt'] ?? '';
  return url === undefined
    ? { tagName: 'span', attribs: {}, text: shown }
    : { tagName: 'a', attribs: { href: url }, text: shown === '' ? url : shown };
}

const rules: sanitize.IOptions = {
  allowedTags: Object.keys(htmlSubset),
  allowedAttributes: Object.fromEntries(
    Object.entries(htmlSubset).map(([tag, names]) => [
      tag,
      names.filter((name) => name !== 'class'),
    ]),
  ),
  allowedClasses: { code: ['language-*'] },
  allowedSchemes: ['http', 'https', 'ftp', 'mailto', 'magnet'],
  allowedSchemesByTag: { img: ['mxc'] },
  allowProtocolRelative: false,
  parseStyleAttributes: false,
  disallowedTagsMode: 'discard',
  nestingLimit: htmlDepthMax,
  nonTextTags: ['script', 'style', 'textarea', 'option', 'noscript', 'title', 'mx-reply'],
  transformTags: {
    a: (tagName, attributes) => ({
      tagName,
      attribs: keep(attributes, {
        href: (value) => safeUrl(value) !== undefined,
        target: (value) => value === '_blank',
      }),
    }),
    img: image,
    ol: (tagName, attributes) => ({ tagName, attribs: keep(attributes, { start: isCount }) }),
    span: (tagName, attributes) => ({
      tagName,
      attribs: keep(attributes, {
        'data-mx-color': isColor,
        'data-mx-bg-color': isColor,
        'data-mx-spoiler': isText,
        'data-mx-maths': isText,
      }),
    }),
  },
};

/** Aligning columns takes time with the square of their number; larger tables are shown cell by cell. */
const alignedCellsMax = 1000;

const headings = ['h1', 'h2', 'h3', 'h4', 'h5', 'h6'];

function textConverter(tables: readonly SelectorDefinition[]): (html: string) => string {
  return compile({
    wordwrap: false,
    limits: { maxDepth: htmlDepthMax },
    selectors: [
      ...headings.map((selector) => ({ selector, options: { uppercase: false } })),
      { selector: 'a', options: { hideLinkHrefIfSameAsText: true, linkBrackets: ['(', ')'] } },
      { selector: 'img', format: 'skip' },
      ...tables,
    ],
  });
}

const cell = { format: 'inlineSurround', options: { suffix: ' ' } };
const toAlignedText = textConverter([
  { selector: 'table', format: 'dataTable', options: { uppercaseHeaderCells: false } },
]);
const toText = textConverter([
  { selector: 'table', format: 'block' },
  { selector: 'tr', format: 'block' },
  { selector: 'td', ...cell },
  { selector: 'th', ...cell },
]);

/** HTML reduced to what the specification allows, with its text; whatever is nested too deep or unknown loses its tags. */
export function renderHtml(text: string): Part {
  const { parsed, rest } = markupInput(text);
  const html = cleanText(sanitize(parsed, rules)).trim();
  const cells = html.split(/<t[dh]>/, alignedCellsMax + 1).length;
  const convert = cells > alignedCellsMax ? toText : toAlignedText;
  const plain = cleanText(convert(html)).trimEnd();
  // What is too long to parse is only ever read in the attached text.
  const tail = withoutTags(rest);
  const block = /<\/?(?:p|h\d|div|table|ul|ol|pre|blockquote|details|hr)\b/.test(html);
  return { plain: tail === '' ? plain : `${plain}\n${tail}`, html, block };
}
