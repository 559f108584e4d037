import { stringify } from 'yaml';
import { configSchema, type JsonSchema, schemaAt } from './config-schema.ts';
import type { Path } from './place.ts';

/** A value that the example shows without setting it. */
class Shown {
  readonly value: Tree;

  constructor(value: Tree) {
    this.value = value;
  }
}

interface Branch {
  readonly [key: string]: Tree;
}

type Tree = string | number | readonly string[] | Shown | Branch;

const isBranch = (tree: Tree): tree is Branch =>
  typeof tree === 'object' && !Array.isArray(tree) && !(tree instanceof Shown);

const shown = (value: Tree): Shown => new Shown(value);

/** What the example says; what each key means comes from the schema. */
const example: Branch = {
  data_dir: shown('./data'),
  listen: ['127.0.0.1:8480'],
  public_url: shown('https://bellhop.example.org'),
  trusted_proxies: shown(['127.0.0.1', '10.0.0.0/8']),
  log_level: shown('info'),
  encryption_key_file: shown('./encryption.key'),
  deployment: shown('./deployment.yaml'),
  retention: shown({ delivered: '7d', dead: '30d' }),
  limits: shown({ body: '1MiB', queued: 1_000_000, queued_per_source: 200_000 }),
  accounts: {
    main: {
      user_id: '@bellhop:example.org',
      homeserver: shown('https://matrix.example.org'),
      access_token_file: shown('./access-token'),
      password_file: shown('./password'),
      sharing: shown('cross-signed'),
    },
  },
  rooms: {
    ops: '#ops:example.org',
    deploys: {
      room: '#deploys:example.org',
      account: shown('main'),
      encryption: shown('auto'),
      sharing: shown('cross-signed'),
      late_after: shown('5m'),
      expire_after: shown('never'),
      msgtype: shown('m.text'),
    },
  },
  sources: {
    cluster: {
      format: shown('auto'),
      token_file: './cluster.token',
      auth: shown('none'),
      room: 'ops',
      allow: ['deploys'],
      origins: shown({ 'check-certificates': 'deploys' }),
      dedupe_window: shown('0s'),
      rate: shown('10/s'),
    },
  },
  operators: { admin: { token_file: './operator.token' } },
};

const heading = `# Configuration of Bellhop. A key behind a "#" is not set: it shows its default or an example.
# \`bellhop config check\` looks for mistakes, \`bellhop config print\` shows what is in force.
# Relative paths start from the directory of this file; \`$CREDENTIALS_DIRECTORY/name\` is systemd's.
# Values that begin with @, ! or # must be quoted.
`;

/** Comments are broken so that the file fits a terminal with some indentation. */
const commentWidth = 88;

function wrap(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length >= commentWidth) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

/** Lists and small maps on one line. */
const flow = { collectionStyle: 'flow', flowCollectionPadding: false, lineWidth: 0 } as const;

class ExampleWriter {
  readonly lines: string[] = [];
  readonly #schema: JsonSchema = configSchema();

  writeMap(map: Branch, path: Path): void {
    for (const [key, tree] of Object.entries(map)) {
      if (path.length === 0) this.lines.push('');
      this.#writeDescription([...path, key]);
      this.#writeEntry(key, tree, path);
    }
  }

  #writeEntry(key: string, tree: Tree, path: Path): void {
    const margin = '  '.repeat(path.length);
    if (isBranch(tree)) {
      this.lines.push(`${margin}${key}:`);
      this.writeMap(tree, [...path, key]);
      return;
    }
    const [start, value] = tree instanceof Shown ? ['# ', tree.value] : ['', tree];
    const text = stringify(value, flow).trimEnd();
    this.lines.push(`${margin}${start}${key}: ${text}`);
  }

  /** Only keys have a description, not the names that people choose. */
  #writeDescription(place: Path): void {
    const key = String(place.at(-1));
    const description = schemaAt(this.#schema, place.slice(0, -1))
      .map((form) => form.properties?.[key]?.description)
      .find((text) => text !== undefined);
    if (description === undefined) return;
    const margin = '  '.repeat(place.length - 1);
    for (const line of wrap(description)) this.lines.push(`${margin}# ${line}`);
  }
}

/** A commented `bellhop.yaml` to start from: every key with its meaning. It loads as it is. */
export function exampleConfig(): string {
  const writer = new ExampleWriter();
  writer.writeMap(example, []);
  return `${heading}${writer.lines.join('\n')}\n`;
}
