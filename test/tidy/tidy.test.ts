import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load-config.ts';

/** The rules that no linter can say. Each failure names the place. */
const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

/** What is, or is about to be, part of the project. */
const files = execFileSync(
  'git',
  ['ls-files', '--cached', '--others', '--exclude-standard', '-z'],
  { cwd: root, encoding: 'utf8', maxBuffer: 16 * 1024 ** 2 },
)
  .split('\0')
  .filter((file) => file !== '' && existsSync(join(root, file)));

const pages = files.filter((file) => file.endsWith('.md'));
const sources = files.filter((file) => file.startsWith('src/') && file.endsWith('.ts'));
const tests = files.filter((file) => /\.(?:test|contract)\.ts$/.test(file));
const rooms = readdirSync(join(root, 'src'), { withFileTypes: true })
  // Its files are the pieces of `errors.ts`, and only that imports them.
  .filter((entry) => entry.isDirectory() && entry.name !== 'failures')
  .map((entry) => entry.name);

/** Fenced code shows what others write; links and anchors in it are not ours. */
const withoutCode = (text: string): string =>
  text.replace(/^( *)```[\s\S]*?^\1```/gm, '').replace(/`[^`\n]*`/g, '');

function anchorsOf(page: string): Set<string> {
  const text = read(page).replace(/^( *)```[\s\S]*?^\1```/gm, '');
  const headings = [...text.matchAll(/^#+ +(.*)$/gm)].map(([, heading = '']) => heading);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\p{Letter}\p{Number}\s_-]/gu, '')
        .trim()
        .replaceAll(' ', '-'),
    ),
  );
}

function brokenLinks(page: string): string[] {
  const broken: string[] = [];
  for (const [, target = ''] of withoutCode(read(page)).matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^[a-z]+:/.test(target)) continue;
    const [path = '', anchor] = target.split('#');
    const file = path === '' ? page : join(dirname(page), path);
    const exists = existsSync(join(root, file));
    const isThere = anchor === undefined || !file.endsWith('.md') || anchorsOf(file).has(anchor);
    if (!(exists && isThere)) broken.push(`${page}: ${target}`);
  }
  return broken;
}

describe('documents', () => {
  it('link only to files and headings that exist', () => {
    expect(pages.flatMap(brokenLinks)).toEqual([]);
  });

  it('name only source files that exist', () => {
    const own = pages.filter((page) => !page.startsWith('docs/reference/'));
    const missing = own.flatMap((page) =>
      [...read(page).matchAll(/`((?:[\w-]+\/)*(?!x\.)[\w-][\w.-]*\.ts)`/g)]
        .map(([, name = '']) => name)
        .filter((name) => !files.some((file) => `/${file}`.endsWith(`/${name}`)))
        .map((name) => `${page}: ${name}`),
    );
    expect(missing).toEqual([]);
  });

  it.each([
    ['README.md', 150],
    ['STYLE.md', 151],
    ['ARCHITECTURE.md', 200],
  ])('%s has fewer than %i lines', (page, linesMax) => {
    expect(read(page).trimEnd().split('\n').length).toBeLessThan(linesMax);
  });

  it('show configurations that load', () => {
    const env = { CREDENTIALS_DIRECTORY: '/run/credentials' };
    const surroundings = { env, cwd: '/etc/bellhop', home: '/var/lib/bellhop' };
    const shown = pages.flatMap((page) =>
      [...read(page).matchAll(/<!-- example-config -->\n+( *)```yaml\n([\s\S]*?)^\1```/gm)].map(
        ([, margin = '', text = '']) => ({
          path: page,
          text: text.replace(new RegExp(`^${margin}`, 'gm'), ''),
        }),
      ),
    );
    const whole = files.filter((file) => file.endsWith('/bellhop.yaml'));
    const configurations = [...shown, ...whole.map((path) => ({ path, text: read(path) }))];
    expect(shown.map(({ path }) => path)).toContain('README.md');
    for (const file of configurations) {
      expect(loadConfig(file, surroundings).rooms.size, file.path).toBeGreaterThan(0);
    }
  });
});

describe('the house', () => {
  const architecture = read('ARCHITECTURE.md');

  it('has every room of src on its map, and no other', () => {
    const mapped = [...architecture.matchAll(/^\*\*`src\/([a-z-]+)\/`\*\*/gm)].map(
      ([, name]) => name,
    );
    expect(mapped.sort()).toEqual([...rooms].sort());
  });

  it('has the arrows that the linter holds', () => {
    expect(arrowsOfArchitecture(architecture)).toEqual(arrowsOfLinter());
  });
});

type Arrows = Record<string, { readonly imports: readonly string[]; readonly errors: boolean }>;

const everything = ['everything'];

function arrowsOfArchitecture(page: string): Arrows {
  const table = page.split('<!-- arrows -->')[1]?.trimStart().split('\n\n')[0] ?? '';
  const arrows: Arrows = {};
  for (const line of table.split('\n').slice(2)) {
    const [room = '', imports = '', errors] = line
      .split('|')
      .map((cell) => cell.trim())
      .slice(1);
    const list = imports.split(', ').filter((name) => name !== '');
    arrows[room] = { imports: list.sort(), errors: errors === 'yes' };
  }
  return arrows;
}

interface LintOverride {
  readonly includes: readonly string[];
  readonly linter: {
    readonly rules: {
      readonly style?: {
        readonly noRestrictedImports?: {
          readonly options: { readonly patterns: readonly { readonly group: readonly string[] }[] };
        };
      };
    };
  };
}

function arrowsOfLinter(): Arrows {
  const { overrides } = JSON.parse(read('biome.json')) as { overrides: readonly LintOverride[] };
  const arrows: Arrows = Object.fromEntries(
    rooms.map((room) => [room, { imports: everything, errors: true }]),
  );
  for (const { includes, linter } of overrides) {
    const room = /^src\/([a-z-]+)\/\*\*$/.exec(includes[0] ?? '')?.[1];
    const patterns = linter.rules.style?.noRestrictedImports?.options.patterns;
    if (room === undefined || patterns === undefined) continue;
    const groups = patterns.flatMap(({ group }) => group);
    const closed = new Set(groups.map((glob) => /^\*\*\/([a-z-]+)\/\*\*$/.exec(glob)?.[1]));
    const open = rooms.filter((name) => name !== room && !closed.has(name));
    const files = groups.flatMap((glob) => /^!\*\*\/([a-z-]+\/[a-z-]+\.ts)$/.exec(glob)?.[1] ?? []);
    const errors = !groups.some(
      (glob) => /^\.?[.*/]*\/errors\.ts$/.test(glob) && !glob.startsWith('!'),
    );
    arrows[room] = { imports: [...open, ...files].sort(), errors };
  }
  return arrows;
}

describe('files', () => {
  it('name no path of one machine and no host of a registry', () => {
    const path = /(?:^|[\s"'`(=:])\/(?:work|root|Users)\/\w/m;
    const host = /registry\.(?:npmjs|yarnpkg)|(?:pypi|pythonhosted)\.org|proxy\.golang|deb\.debian/;
    const binary = /\.(?:png|db|gz|wasm)$/;
    const named = files.filter((file) => {
      const text = binary.test(file) ? '' : read(file);
      return path.test(text) || host.test(text);
    });
    expect(named).toEqual([]);
  });

  it('hold no test that is skipped, singled out or promised', () => {
    const marked = /\b(?:it|test|describe|suite)(?:\.\w+)*\.(?:skip|only|todo)\b/;
    expect(tests.filter((file) => marked.test(read(file)))).toEqual([]);
  });

  it('are nothing that a program left behind', () => {
    const leftover = /\.(?:log|cpuprofile|heapsnapshot|data|orig|rej|tmp|swp)$/;
    expect(files.filter((file) => leftover.test(file))).toEqual([]);
  });

  it('hold no note to oneself', () => {
    const note = /\b(?:TO[D]O|FIX[M]E|XX[X])\b/;
    const code = files.filter((file) => /\.(?:ts|sh|md|yaml)$/.test(file));
    expect(code.filter((file) => note.test(read(file)))).toEqual([]);
  });
});

/** Never a name for anything. */
const bannedWords = new Set([
  'manager',
  'helper',
  'helpers',
  'util',
  'utils',
  'impl',
  'misc',
  'common',
]);
/** Nothing a name should end in: they say nothing of what it is. */
const bannedEndings = new Set(['base', 'data', 'info']);

function isBanned(words: readonly string[]): boolean {
  const lower = words.map((word) => word.toLowerCase());
  return lower.some((word) => bannedWords.has(word)) || bannedEndings.has(lower.at(-1) ?? '');
}

const wordsOf = (name: string): string[] => name.match(/[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+/g) ?? [];

describe('names', () => {
  it('of files say what they hold', () => {
    const parts = sources.flatMap((file) =>
      file
        .replace(/(?:\.(?:test|contract))?\.ts$/, '')
        .split('/')
        .map((part) => ({ file, part })),
    );
    expect(parts.filter(({ part }) => isBanned(part.split('-')))).toEqual([]);
  });

  it('of exports say what they are, and interfaces begin with no I', () => {
    const declared =
      /^export (?:declare |abstract |async )*(?:function\*?|class|const|let|interface|type) (\w+)/gm;
    const exported = sources.flatMap((file) =>
      [...read(file).matchAll(declared)].map(([, name = '']) => ({ file, name })),
    );
    expect(exported.length).toBeGreaterThan(0);
    const bad = exported.filter(({ name }) => isBanned(wordsOf(name)) || /^I[A-Z][a-z]/.test(name));
    expect(bad).toEqual([]);
  });
});
