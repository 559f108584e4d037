import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type YAMLMap,
} from 'yaml';
import type { Path } from './place.ts';

/** Counted from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

interface YamlProblem extends Position {
  readonly message: string;
}

/** A YAML text as plain values, with the places they stand at. */
export interface YamlFile {
  readonly data: unknown;
  /** Mistakes in the notation; they never quote the text, as it may be a secret. */
  readonly problems: readonly YamlProblem[];
  /** False: the notation is so broken that `data` is not what was meant. */
  readonly usable: boolean;
  /** Where a value begins, or the key of a list or map; of the nearest thing above it if it is not there. */
  locate(path: Path): Position;
  /** Where the last key of the path stands. */
  locateKey(path: Path): Position;
  has(path: Path): boolean;
}

/** The deepest place of a configuration is five levels down; the rest is room for mistakes. */
const depthMax = 32;
/** Ten thousand names with some keys each; aliases that multiply each other end here. */
const nodesMax = 200_000;

/** A file with more mistakes in its notation is not YAML at all. */
const mistakesMax = 100;

const sentences: Partial<Record<string, string>> = {
  TAB_AS_INDENT: 'is indented with a tab; YAML takes only spaces',
  BAD_INDENT: 'is not indented like the lines around it, or a bracket before it is not closed',
  MISSING_CHAR: 'lacks a quote, a bracket, a colon or a comma here or before',
  MULTIPLE_DOCS: 'begins a second document; one file holds one configuration',
  BLOCK_AS_IMPLICIT_KEY: 'has a second ": " in one line; quote the value',
  BAD_SCALAR_START: 'begins with a sign that YAML reserves; quote it, as in "@bellhop:example.org"',
  TAG_RESOLVE_FAILED:
    'begins with "!", which YAML takes for a tag; quote it, as in "!abc:example.org"',
  NON_STRING_KEY: 'is a key that is not a text',
  RESOURCE_EXHAUSTION: 'is nested too deeply',
};

/** Mistakes that spoil one value only: what stands around it can still be checked. */
const localCodes: readonly string[] = ['BAD_SCALAR_START', 'TAG_RESOLVE_FAILED'];

const keyOf = (path: Path): string => JSON.stringify(path);

class YamlReader {
  readonly problems: YamlProblem[] = [];
  readonly #lines: LineCounter;
  readonly #anchors = new Map<string, Node>();
  readonly #keys = new Map<string, number>();
  readonly #values = new Map<string, number>();
  #tags: readonly number[] = [];
  #nodes = 0;
  exhausted = false;

  constructor(lines: LineCounter) {
    this.#lines = lines;
  }

  /** Takes down the mistakes in the notation; false: nothing can be made of the rest. */
  readNotation({ errors, warnings }: Document.Parsed): boolean {
    const mistakes = [...errors, ...warnings];
    const shown = mistakes.slice(0, mistakesMax);
    for (const { code, pos } of shown) {
      this.complain(pos[0], sentences[code] ?? 'is not valid YAML');
    }
    this.#tags = shown.filter(({ code }) => code === 'TAG_RESOLVE_FAILED').map(({ pos }) => pos[0]);
    return shown.length === mistakes.length && shown.every(({ code }) => localCodes.includes(code));
  }

  position(offset: number): Position {
    const { line, col } = this.#lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  }

  complain(offset: number, message: string): void {
    this.problems.push({ ...this.position(offset), message });
  }

  read(node: Node | null, path: Path, offset: number): unknown {
    const start = node?.range?.[0] ?? offset;
    this.#nodes++;
    if (path.length > depthMax || this.#nodes > nodesMax) {
      if (!this.exhausted)
        this.complain(start, 'is nested too deeply, or aliases repeat it too often');
      this.exhausted = true;
      return undefined;
    }
    if (isAlias(node)) return this.#readAlias(node.source, path, start);
    if (node?.anchor !== undefined) this.#anchors.set(node.anchor, node);
    if (isMap(node)) return this.#readMap(node, path);
    if (isSeq(node)) {
      return node.items.map((item, index) =>
        this.read(item as Node | null, [...path, index], start),
      );
    }
    this.#values.set(keyOf(path), node?.tag === undefined ? start : this.#tagBefore(start));
    return isScalar(node) ? node.value : undefined;
  }

  /** A value begins with its tag. */
  #tagBefore(start: number): number {
    return this.#tags.findLast((offset) => offset <= start) ?? start;
  }

  #readAlias(name: string, path: Path, start: number): unknown {
    const target = this.#anchors.get(name);
    if (target !== undefined) return this.read(target, path, start);
    this.complain(start, 'is an alias ("*") of an anchor ("&") that does not stand before it');
    return undefined;
  }

  #readMap(map: YAMLMap, path: Path): Record<string, unknown> {
    const result: Record<string, unknown> = {};
    const seen = new Set<string>();
    for (const pair of map.items as Pair<Node, Node | null>[]) {
      const name = isScalar(pair.key) ? String(pair.key.value) : undefined;
      const start = pair.key.range?.[0] ?? 0;
      if (name === undefined) continue;
      // Assigning `__proto__` would change the object instead of adding a key.
      if (seen.has(name) || name === '__proto__') {
        const isProto = name === '__proto__';
        this.complain(start, isProto ? 'is not a name to use' : 'is there twice; keep one of them');
        continue;
      }
      seen.add(name);
      this.#keys.set(keyOf([...path, name]), start);
      result[name] = this.read(pair.value, [...path, name], start);
    }
    return result;
  }

  has(path: Path): boolean {
    return this.#keys.has(keyOf(path)) || this.#values.has(keyOf(path));
  }

  locate(path: Path, places: 'keys' | 'values'): Position {
    const maps = places === 'keys' ? [this.#keys, this.#values] : [this.#values, this.#keys];
    for (let length = path.length; length > 0; length--) {
      const key = keyOf(path.slice(0, length));
      const offset = maps.map((map) => map.get(key)).find((found) => found !== undefined);
      if (offset !== undefined) return this.position(offset);
    }
    return { line: 1, column: 1 };
  }
}

/** Reads YAML 1.2; keys are texts, nothing is quoted in problems, and the work is bounded by the text's length. */
export function parseYaml(text: string): YamlFile {
  const lines = new LineCounter();
  const reader = new YamlReader(lines);
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    stringKeys: true,
    // The library compares every pair of keys, minutes for a large file; the reader does it with a set.
    uniqueKeys: false,
  });
  const usable = reader.readNotation(document);
  const data = usable ? reader.read(document.contents, [], 0) : undefined;
  return {
    data,
    problems: reader.problems,
    usable: usable && !reader.exhausted,
    locate: (path) => reader.locate(path, 'values'),
    locateKey: (path) => reader.locate(path, 'keys'),
    has: (path) => reader.has(path),
  };
}
