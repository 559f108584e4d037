import { mkdirSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import type { Command } from 'commander';
import { commands } from '../src/cli/commands.ts';
import type { CliContext } from '../src/cli/context.ts';
import { createProgram } from '../src/cli/program.ts';
import { configSchema, formsOf, type JsonSchema } from '../src/config/config-schema.ts';
import { environmentVariables } from '../src/config/environment.ts';
import { exampleConfig } from '../src/config/example.ts';
import { rmapiVariables } from '../src/config/rmapi-variables.ts';
import { catalogue } from '../src/errors.ts';
import { Metrics } from '../src/telemetry/metrics.ts';
import { httpSections } from './http-page.ts';

const notice = '<!-- Written by `npm run docs` from the code; change the code instead. -->';

/** A cell of a table: one line, and no bar of its own. */
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function describeForm(form: JsonSchema): string {
  const fixed = form.enum ?? (form.const === undefined ? [] : [form.const]);
  if (fixed.length > 0)
    return fixed.map((value) => `\`${JSON.stringify(value)}\``.replaceAll('"', '')).join(', ');
  if (form.items !== undefined) return `list: ${describeValue(form.items)}`;
  if (form.properties !== undefined) return 'map, see below';
  if (typeof form.additionalProperties === 'object') {
    return `map from names: ${describeValue(form.additionalProperties)}`;
  }
  const plainTypes: Partial<Record<string, string>> = { integer: 'whole number', string: 'text' };
  return form.title ?? plainTypes[form.type ?? 'string'] ?? '';
}

const describeValue = (schema: JsonSchema): string =>
  formsOf(schema).map(describeForm).join(' or ');

function describeDefault(value: unknown): string {
  const isEmpty = typeof value === 'object' && value !== null && Object.keys(value).length === 0;
  return value === undefined || isEmpty
    ? ''
    : `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
}

function describeKeys(form: JsonSchema): string {
  const rows = Object.entries(form.properties ?? {}).map(([key, value]) => [
    `\`${key}\`${form.required?.includes(key) === true ? ' (needed)' : ''}`,
    describeValue(value),
    describeDefault(value.default),
    value.description ?? '',
  ]);
  return table(['key', 'value', 'default', 'meaning'], rows);
}

/** The maps in a form, with the paths of their keys. */
function innerSections(form: JsonSchema, place: string): [string, JsonSchema][] {
  const inner = Object.entries(form.properties ?? {}).map(([key, value]): [string, JsonSchema] => [
    place === '' ? key : `${place}.${key}`,
    value,
  ]);
  if (form.items !== undefined) inner.push([`${place}[]`, form.items]);
  if (typeof form.additionalProperties === 'object') {
    inner.push([`${place}.NAME`, form.additionalProperties]);
  }
  return inner;
}

/** The tables of a map and of the maps in it, each under the path of its keys. */
function describeSection(schema: JsonSchema, place: string): string[] {
  return formsOf(schema).flatMap((form) => {
    const title = place === '' ? 'At the top' : `\`${place}\``;
    const own = form.properties === undefined ? [] : [`### ${title}`, describeKeys(form)];
    const inner = innerSections(form, place);
    return [...own, ...inner.flatMap(([path, value]) => describeSection(value, path))];
  });
}

function configurationPage(): string {
  const variables = Object.entries(environmentVariables).map(([name, text]) => [
    `\`${name}\``,
    text,
  ]);
  return [
    notice,
    '# Configuration',
    'The file is the one of `-c`, else of `BELLHOP_CONFIG`, else the first that exists of `./bellhop.yaml`, `$XDG_CONFIG_HOME/bellhop/bellhop.yaml` (`~/.config/…`) and `/etc/bellhop/bellhop.yaml`. A command-line option goes before the environment, the environment before the file, the file before the default.',
    "Unknown keys are errors, and all mistakes are shown at once with their lines. Relative paths start from the directory of the file; `$CREDENTIALS_DIRECTORY/` at the beginning of a path is the directory of systemd's credentials; where that is not set, only what reads such a file fails. A secret is written as `x` or, better, as `x_file`, the path of a file that holds it and nothing else; never both. Values that begin with `@`, `!` or `#` must be quoted. Where a room is asked for, a configured name, a room id or an alias will do.",
    'A duration is a whole number and a unit: `500ms`, `30s`, `5m`, `12h`, `7d`, `2w`; where it says so, `never`. A size is `64KiB`, `1MiB`, `500kB`. A rate is `10/s`, `100/m`, `5000/h`.',
    '`bellhop config schema` gives the JSON Schema of the file for editors.',
    '## To begin with',
    '`bellhop config init` writes this:',
    `\`\`\`yaml\n${exampleConfig()}\`\`\``,
    '## Keys',
    ...describeSection(configSchema(), ''),
    '## Environment',
    'Without a file, the variables of one account and a room are a complete configuration for `bellhop send`. An empty variable counts as unset.',
    table(['variable', 'meaning'], variables),
    '## The drop-in for python-matrix-rmapi',
    '`bellhop rmapi` reads no file but the manifest; these variables are all. See [its guide](../guides/rmapi.md).',
    table(
      ['variable', 'meaning'],
      Object.entries(rmapiVariables).map(([name, text]) => [`\`${name}\``, text]),
    ),
  ].join('\n\n');
}

function errorsPage(): string {
  const entries = Object.entries(catalogue).map(([code, entry]) =>
    [
      `## \`${code}\``,
      `${entry.sentence} ${entry.remedy}`,
      `HTTP status ${entry.status} · exit code ${entry.exit} · asking again helps: ${retryWords[entry.retry]}`,
    ].join('\n\n'),
  );
  return [
    notice,
    '# Errors',
    'Each failure has a code: the member `code` of a problem document (RFC 9457), and what a command shows and exits with (sysexits).',
    ...entries,
  ].join('\n\n');
}

const retryWords = {
  never: 'not without a change',
  soon: 'soon, by itself',
  after: 'after what the remedy names, or after Retry-After',
} as const;

/** A context in which nothing runs: only the model is read. */
function documentationContext(write: (text: string) => void): CliContext {
  const nowhere = { write: () => true };
  return {
    stdin: {
      async *[Symbol.asyncIterator]() {
        // Nobody types here.
      },
      destroy: () => undefined,
    },
    stdout: { write },
    stderr: nowhere,
    env: {},
    cwd: '/',
    home: '/',
    version: '',
    signal: new AbortController().signal,
    onSignal: () => () => undefined,
    setExitCode: () => undefined,
  };
}

function cliPage(): string {
  let help = '';
  const program = createProgram(
    documentationContext((text) => {
      help += text;
    }),
    commands,
  );
  const visit = (command: Command, path: string): string[] => {
    help = '';
    command.outputHelp();
    const heading = path === 'bellhop' ? [] : [`## \`${path}\``];
    const children = command.createHelp().visibleCommands(command);
    return [
      ...heading,
      `\`\`\`\n${help.trimEnd()}\n\`\`\``,
      ...children
        .filter((child) => child.name() !== 'help')
        .flatMap((child) => visit(child, `${path} ${child.name()}`)),
    ];
  };
  return [
    notice,
    '# Command line',
    'Results go to standard output, everything else to standard error; `-` is standard input. Exit codes are those of sysexits, see [errors](errors.md): 0 delivered or accepted, 75 kept and delivered later.',
    ...visit(program, 'bellhop'),
  ].join('\n\n');
}

function httpPage(): string {
  return [
    notice,
    '# HTTP',
    'A token goes as `Authorization: Bearer`, as the password of `Basic`, or as `?access_token=` or `?token=`. Any Content-Type is taken. Errors are problem documents (RFC 9457) whose `code` is one of [errors](errors.md); hooks answer in plain text what their senders show, the façade Matrix errors, the drop-in `{"detail"}`. Every 503 carries `Retry-After`; nothing answers with a redirect.',
    ...httpSections().flatMap(({ title, rows }) => [
      `## ${title}`,
      table(
        ['method', 'path', 'for'],
        rows.map(([methods, path, meaning]) => [methods, `\`${path}\``, meaning]),
      ),
    ]),
  ].join('\n\n');
}

async function metricsPage(): Promise<string> {
  const metrics = new Metrics({ version: '', startedAt: 0, residentBytes: () => 0 });
  const text = await metrics.text({ states: [], oldestSeconds: 0 }, []);
  const types = new Map(
    [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type = '']) => [name, type]),
  );
  const rows = [...text.matchAll(/^# HELP (\S+) (.*)$/gm)].map(([, name = '', help = '']) => [
    `\`${name}\``,
    types.get(name) ?? '',
    help,
  ]);
  return [
    notice,
    '# Metrics',
    'At `/metrics`, in the Prometheus text format. No label ever holds a room, a user or a token.',
    table(['name', 'type', 'meaning'], rows),
  ].join('\n\n');
}

/** The pages of `docs/reference/` that are made from the code, by file name. */
export async function referencePages(): Promise<Map<string, string>> {
  return new Map([
    ['configuration.md', `${configurationPage()}\n`],
    ['errors.md', `${errorsPage()}\n`],
    ['cli.md', `${cliPage()}\n`],
    ['http.md', `${httpPage()}\n`],
    ['metrics.md', `${await metricsPage()}\n`],
  ]);
}

if (import.meta.main) {
  const directory = new URL('../docs/reference/', import.meta.url);
  mkdirSync(directory, { recursive: true });
  for (const [name, text] of await referencePages()) {
    writeFileSync(new URL(name, directory), text);
    process.stderr.write(`docs/reference/${name}\n`);
  }
}
