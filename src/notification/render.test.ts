import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalBytes, canonicalJson } from './canonical-json.ts';
import type { EventContent } from './event-content.ts';
import { clearContentBytesMax, encryptedContentBytesMax, fitContent } from './fit.ts';
import { htmlDepthMax, htmlSubset } from './html-subset.ts';
import { lateNoteBytesMax, withLateNote } from './late-note.ts';
import {
  type BodyFormat,
  bodyFormats,
  type Notification,
  severities,
  statuses,
} from './notification.ts';
import { render } from './render.ts';
import { safeUrl } from './safe-url.ts';

const show = (body: string, format: BodyFormat) => render({ body, format }, { msgtype: 'm.text' });

const isMxc = (url: string): boolean => url.startsWith('mxc://');

function attributeViolations(tag: string, attributes: string): string[] {
  const rest = attributes.replaceAll(
    /\s([a-z-]+)="([^"<>]*)"/g,
    (whole, name: string, value: string) => {
      if (htmlSubset[tag]?.includes(name) !== true) return whole;
      const url = value.replaceAll('&amp;', '&').replaceAll('&#39;', "'");
      if (name === 'href' && safeUrl(url) === undefined) return whole;
      if (name === 'src' && !isMxc(url)) return whole;
      if (name === 'class' && !/^language-/.test(value)) return whole;
      return '';
    },
  );
  return /^\s*\/?$/.test(rest) ? [] : [`<${tag}${attributes}>`];
}

/** An element as sent: closing slash, name, attributes; whatever else is `<` or a bare `&` is stray. */
const htmlToken = /<(\/?)([a-z][a-z0-9]*)((?:\s[a-z-]+="[^"<>]*")*\s?\/?)>|<|&(?!#?\w+;)/g;

/** What is wrong with one token; it opens or closes an element in `open`. */
function tokenViolations(match: readonly (string | undefined)[], open: string[]): string[] {
  const [token, close, tag, attributes = ''] = match;
  if (tag === undefined || !Object.hasOwn(htmlSubset, tag)) return [`stray ${token}`];
  if (close === '/') return open.pop() === tag ? [] : [`unbalanced ${token}`];
  if (!['br', 'hr', 'img'].includes(tag)) open.push(tag);
  const depth = open.length > htmlDepthMax ? [`deeper than ${htmlDepthMax}`] : [];
  return [...attributeViolations(tag, attributes), ...depth];
}

/** Everything in the HTML that the specification does not have, by a parser of this test's own. */
function htmlViolations(html: string): string[] {
  const open: string[] = [];
  const violations = [...html.matchAll(htmlToken)].flatMap((match) => tokenViolations(match, open));
  return [...violations, ...open.map((tag) => `unclosed <${tag}>`)];
}

describe('Markdown', () => {
  it.each([
    ['**bold** `code`', '<strong>bold</strong> <code>code</code>'],
    ['one\ntwo', 'one<br>\ntwo'],
    ['<b>x</b>', '&lt;b&gt;x&lt;/b&gt;'],
    [
      'see https://example.org/a?b&c',
      'see <a href="https://example.org/a?b&amp;c">https://example.org/a?b&amp;c</a>',
    ],
    ['[x](https://example.org "title")', '<a href="https://example.org">x</a>'],
    ['[x](javascript:alert(1))', '[x](javascript:alert(1))'],
    ['![alt](https://example.org/a.png)', '<a href="https://example.org/a.png">alt</a>'],
    ['[![ci](https://a/b.svg)](https://c)', '<a href="https://c">ci</a>'],
    ['to [nowhere]() and ![alt]()', 'to nowhere and alt'],
    ['[![ci](https://a/b.svg)]()', '<a href="https://a/b.svg">ci</a>'],
    ['run install.sh', 'run install.sh'],
    ['~~gone~~', '<s>gone</s>'],
    ['```sh\nls\n```', '<pre><code class="language-sh">ls\n</code></pre>'],
    [
      'a|b\n-:|-\n1|2',
      '<table>\n<thead>\n<tr>\n<th>a</th>\n<th>b</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td>1</td>\n<td>2</td>\n</tr>\n</tbody>\n</table>',
    ],
  ])('%j', (markdown, html) => {
    expect(show(markdown, 'markdown')).toMatchObject({ body: markdown, formatted_body: html });
  });
});

describe('HTML', () => {
  it.each([
    ['<b onclick="x()">b</b><script>x()</script>', '<b>b</b>'],
    ['<font color="red">r</font>', 'r'],
    ['<a href="javascript:x()">a</a><a href="/b">b</a>', '<a>a</a><a>b</a>'],
    [
      '<a href="https://example.org" target="_top" rel="x">a</a>',
      '<a href="https://example.org">a</a>',
    ],
    ['<img src="https://a/b.png" alt="alt">', '<a href="https://a/b.png">alt</a>'],
    ['<img src="mxc://a/b" onerror="x" width="5" height="x">', '<img src="mxc://a/b" width="5" />'],
    ['<img src="data:x" alt="alt">', '<span>alt</span>'],
    [
      '<span data-mx-color="#ff0000" data-mx-bg-color="red">x</span>',
      '<span data-mx-color="#ff0000">x</span>',
    ],
    ['<code class="language-sh evil">x</code>', '<code class="language-sh">x</code>'],
    ['<p style="x">unclosed <i>i', '<p>unclosed <i>i</i></p>'],
    ['<mx-reply>quoted</mx-reply>answer', 'answer'],
  ])('%j', (html, sanitised) => {
    expect(show(html, 'html').formatted_body).toBe(sanitised);
  });

  it('has a text for clients that show none of it', () => {
    const html =
      '<h1>Build</h1><p>failed: <a href="https://example.org/1">log</a></p><table><tr><th>a</th><td>b</td></tr></table>';
    expect(show(html, 'html').body).toBe('Build\n\nfailed: log (https://example.org/1)\n\na   b');
  });

  it('keeps the text of what is too long to be parsed', () => {
    const content = show(`${'<b>x</b>\n'.repeat(10_000)}<i>the end</i>`, 'html');
    expect(content.body.endsWith('\nthe end')).toBe(true);
    expect(content.body.split('x')).toHaveLength(10_001);
  });
});

const snippets = [
  '<b>',
  '</b>',
  '<a href="',
  'javascript:',
  'https://example.org/',
  '<img src=x>',
  '<script>',
  '**',
  '`',
  '[a](',
  ')',
  '![',
  '\n',
  '> ',
  '- ',
  '| a |\n|---|\n',
  '<!--',
  '&lt;',
  '&',
  '<',
  '>',
  '"',
  "'",
  '\ud83d',
  '\udd25',
  '\u0000',
  '🔥',
  '  ',
  '<table><td>',
  '<div data-mx-maths="x">',
  'a',
  ' ',
  '</p>',
  '<p>',
  '~~',
  '\\',
];
const hostileText = fc
  .array(
    fc.oneof(
      fc.constantFrom(...snippets),
      fc.nat(0xffff).map((unit) => String.fromCharCode(unit)),
      fc.string(),
    ),
    { maxLength: 60 },
  )
  .map((parts) => parts.join(''));
const maybe = <Value>(arbitrary: fc.Arbitrary<Value>) => fc.option(arbitrary, { nil: undefined });

const anyNotification: fc.Arbitrary<Notification> = fc.record({
  title: maybe(hostileText),
  body: hostileText,
  format: fc.constantFrom(...bodyFormats),
  severity: maybe(fc.constantFrom(...severities)),
  status: maybe(fc.constantFrom(...statuses)),
  link: maybe(
    fc.oneof(
      hostileText,
      hostileText.map((text) => `https://example.org/${text}`),
    ),
  ),
  links: maybe(fc.array(fc.record({ label: hostileText, url: fc.webUrl() }), { maxLength: 3 })),
  fields: maybe(fc.array(fc.record({ name: hostileText, value: hostileText }), { maxLength: 3 })),
  thread: maybe(hostileText.map((text) => `$${text}`)),
  mention: maybe(
    fc.oneof(fc.constant('room' as const), fc.array(hostileText.map((text) => `@${text}:e`))),
  ),
  silent: maybe(fc.boolean()),
});

function expectValid(content: EventContent): void {
  const html = content.formatted_body ?? '';
  const json = canonicalJson(content);
  expect(json.isWellFormed()).toBe(true);
  expect(JSON.parse(json)).toEqual(content);
  expect(`${content.body}${html}`).not.toMatch(/[^\P{Cc}\n\t]/u);
  expect(htmlViolations(html)).toEqual([]);
}

describe('any notification', () => {
  it('becomes a valid event with only the HTML of the specification, the same each time', () => {
    fc.assert(
      fc.property(anyNotification, (notification) => {
        const content = render(notification, { msgtype: 'm.text' });
        expectValid(content);
        expect(content['m.mentions']).toBeTypeOf('object');
        expect(render(notification, { msgtype: 'm.text' })).toEqual(content);
      }),
      { numRuns: 300 },
    );
  });

  it('fits into any limit, still valid, with its late note', () => {
    const times = fc.constantFrom(1, 20, 400);
    fc.assert(
      fc.property(
        anyNotification,
        times,
        fc.integer({ min: 40_000, max: 63_000 }),
        (notification, count, limit) => {
          const long = { ...notification, body: notification.body.repeat(count) };
          const whole = render(long, { msgtype: 'm.text' });
          const fitted = fitContent(whole, limit, { reserveBytes: lateNoteBytesMax });
          expectValid(fitted.content);
          const late = withLateNote(fitted.content, '2026-11-21 08:05:00 UTC');
          expect(canonicalBytes(late)).toBeLessThanOrEqual(limit);
          if (fitted.cut) expect(fitted.wholeText).toBe(whole.body);
          else expect(fitted.content).toBe(whole);
        },
      ),
      { numRuns: 100 },
    );
  });
});

/** 64 Ki of what made other parsers slow or overflow; engine measurements, and tables for the text conversion. */
const hostilePatterns = [
  '>',
  '[',
  '[a](',
  '*a _',
  '*',
  '**a *b ',
  '`',
  '* ',
  '|',
  '&',
  '<a ',
  '<',
  'http://a.b ',
  'a@b.c',
  '![](http://a) ',
  '[a]: b\n',
  '#',
  '- - ',
  '~~a',
  '\\',
  '_a__b',
  '<div>',
  '<b>',
  '</td>',
  '<!--',
  '&amp',
  '<style>',
  'http://',
  '<table><tr><td>',
  '<td>x',
  '<tr><td>x',
  '<ul><li>',
  'a\u0301',
  '\u001b[0',
  '\r',
  '"',
  '\n',
  ' ',
  '1. ',
  '> - ',
];

describe('64 Ki of a hostile pattern', () => {
  it.each(hostilePatterns)('%j is rendered in bounded time and fits', (pattern) => {
    const body = pattern.repeat(Math.ceil(65_536 / pattern.length));
    for (const format of bodyFormats) {
      for (const prefix of ['', '<table><tr>', 'a|b\n-|-\n']) {
        const started = performance.now();
        const content = render({ body: prefix + body, format, title: 't' }, { msgtype: 'm.text' });
        const fitted = fitContent(content, encryptedContentBytesMax).content;
        // Ten times what the worst needs on a busy machine: only a wrong exponent gets there.
        expect(performance.now() - started).toBeLessThan(4000);
        expect(canonicalBytes(fitted)).toBeLessThanOrEqual(encryptedContentBytesMax);
        expect(htmlViolations(fitted.formatted_body ?? '')).toEqual([]);
      }
    }
  });
});

it('keeps the room for an event of the whole caps', () => {
  expect(clearContentBytesMax).toBe(63_000);
  expect(encryptedContentBytesMax).toBe(47_000);
});
