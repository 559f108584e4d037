import MarkdownIt from 'markdown-it';
import { cleanText } from './clean-text.ts';
import { escapeHtml } from './escape-html.ts';
import { markupInput } from './markup-input.ts';
import type { Part } from './message-parts.ts';
import { safeUrl } from './safe-url.ts';

/** Block and inline nesting count separately, and the specification's depth of 100 must hold for their sum. */
const nestingMax = 40;

/**
 * How many cells of tables one text may have: an event of 63,000 bytes shows no more, as an empty one takes ten. Rows are
 * filled up to the width of their header, so 64 Ki of narrow rows below wide headers would have millions.
 */
const cellsMax = 6300;

type Parser = InstanceType<typeof MarkdownIt>;
type Token = ReturnType<Parser['parse']>[number];
type BlockRule = Parameters<Parser['block']['ruler']['at']>[1];

const attribute = (token: Token | undefined, name: string): string =>
  token?.attrGet(name)?.toString() ?? '';

function tableRule(): BlockRule {
  const { ruler } = new MarkdownIt().block;
  ruler.enableOnly(['table']);
  const [table] = ruler.getRules('');
  if (table === undefined) throw new Error('the Markdown parser has no tables');
  return table;
}

/** Ends a table where the text's cells are used up; the rows below it, and all later tables, are shown as lines. */
function boundedTable(table: BlockRule): BlockRule {
  return (state, start, end, silent) => {
    if (!table(state, start, end, true)) return false;
    const used = Number(state.env['cells'] ?? 0);
    const delimiters = state.src.slice(state.bMarks[start + 1], state.eMarks[start + 1]);
    const columns = delimiters.split('|').length;
    const rows = Math.floor((cellsMax - used) / columns);
    if (rows < 1) return false;
    if (silent) return true;
    // The header and the line of delimiters below it count as one row.
    table(state, start, Math.min(end, start + rows + 1), false);
    state.env['cells'] = used + columns * (state.line - start - 1);
    return true;
  };
}

function createParser(): Parser {
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
  // The same places as the parser's own rule: a table ends a paragraph and a link's definition.
  parser.block.ruler.at('table', boundedTable(tableRule()), { alt: ['paragraph', 'reference'] });
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
