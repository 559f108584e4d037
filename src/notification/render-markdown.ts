import MarkdownIt from 'markdown-it';
import { cleanText } from './clean-text.ts';
import { escapeHtml } from './escape-html.ts';
import { markupInput } from './markup-input.ts';
import type { Part } from './message-parts.ts';
import { safeUrl } from './safe-url.ts';

/** Block and inline nesting count separately, and the specification's depth of 100 must hold for their sum. */
const nestingMax = 40;

type Token = ReturnType<InstanceType<typeof MarkdownIt>['parse']>[number];

const attribute = (token: Token | undefined, name: string): string =>
  token?.attrGet(name)?.toString() ?? '';

function createParser(): InstanceType<typeof MarkdownIt> {
  const parser = new MarkdownIt({
    html: false,
    linkify: true,
    // A line end in a notification is meant as one.
    breaks: true,
    maxNesting: nestingMax,
  });
  parser.validateLink = (url) => safeUrl(url) !== undefined;
  // Words such as `install.sh` are file names far more often than addresses.
  parser.linkify.set({ fuzzyLink: false, fuzzyEmail: false, fuzzyIP: false });
  const { rules } = parser.renderer;
  // The default rules add `style` and `title`, which the specification's HTML does not have.
  rules['th_open'] = () => '<th>';
  rules['td_open'] = () => '<td>';
  rules['link_open'] = (tokens, index, _options, env = {}) => {
    const href = escapeHtml(attribute(tokens[index], 'href'));
    // A link to nowhere, `[text]()`, is the one kind that the parser does not ask `validateLink` about.
    env['inLink'] = href !== '';
    return href === '' ? '' : `<a href="${href}">`;
  };
  rules['link_close'] = (_tokens, _index, _options, env = {}) => {
    const wasInLink = env['inLink'] === true;
    env['inLink'] = false;
    return wasInLink ? '</a>' : '';
  };
  // A message may only show images of its homeserver: others become links.
  rules['image'] = (tokens, index, options, env = {}, self) => {
    const source = escapeHtml(attribute(tokens[index], 'src'));
    const alt = self.renderInlineAsText(tokens[index]?.children ?? [], options, env);
    const shown = alt === '' ? source : escapeHtml(alt);
    return env['inLink'] === true || source === '' ? shown : `<a href="${source}">${shown}</a>`;
  };
  return parser;
}

const parser = createParser();

/** A sole paragraph needs no tags of its own. */
function unwrap(html: string): string | undefined {
  return html.startsWith('<p>') && html.indexOf('</p>') === html.length - '</p>'.length
    ? html.slice('<p>'.length, -'</p>'.length)
    : undefined;
}

/** Markdown (CommonMark, tables, strikethrough, links) as the specification's HTML; tags in it are shown, not obeyed. */
export function renderMarkdown(text: string): Part {
  const html = cleanText(parser.render(markupInput(text).parsed, {})).trimEnd();
  const inline = unwrap(html);
  return { plain: text, html: inline ?? html, block: inline === undefined };
}
