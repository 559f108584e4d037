import { Failure, type FailureCode } from '../errors.ts';
import type { Position, YamlFile } from './parse-yaml.ts';
import { formatPath, type Path } from './place.ts';

/** More than anybody corrects in one go. */
const shownMax = 100;

interface Problem extends Position {
  readonly text: string;
}

const placeOf = ({ line, column }: Position): string => `${line}:${column}`;

/** All mistakes of one configuration file, each once, in the order of its lines. */
export class ProblemList {
  readonly #fileName: string;
  readonly #yaml: YamlFile;
  /** In the notation, by position. */
  readonly #unreadable = new Map<string, Problem>();
  /** In what it says, by path: all that is missing from one map has its position in common. */
  readonly #problems = new Map<string, Problem>();
  readonly #outside: string[] = [];

  /** The notation's own mistakes are in it from the start. */
  constructor(fileName: string, yaml: YamlFile) {
    this.#fileName = fileName;
    this.#yaml = yaml;
    for (const { message: text, ...position } of yaml.problems) {
      const place = placeOf(position);
      if (!this.#unreadable.has(place)) this.#unreadable.set(place, { ...position, text });
    }
  }

  /** A mistake in what stands at `path`. */
  report(path: Path, message: string, atKey = false): void {
    const position = atKey ? this.#yaml.locateKey(path) : this.#yaml.locate(path);
    const place = formatPath(path);
    // What is wrong in its notation is also of a wrong type, and then lacks what belongs into it: the first says why.
    if (this.#unreadable.has(placeOf(position)) || this.#problems.has(place)) return;
    const text = place === '' ? `the file ${message}` : `${place}: ${message}`;
    this.#problems.set(place, { ...position, text });
  }

  /** A mistake that is not in the file. */
  reportOutside(text: string): void {
    this.#outside.push(text);
  }

  /** @throws Failure with this code if there is any mistake. */
  throwIfAny(code: FailureCode = 'config_invalid'): void {
    const inFile = [...this.#unreadable.values(), ...this.#problems.values()]
      .sort((a, b) => a.line - b.line || a.column - b.column)
      .map(({ line, column, text }) => `${this.#fileName}:${line}:${column}: ${text}`);
    const all = [...inFile, ...this.#outside];
    if (all.length === 0) return;
    const problems = all.slice(0, shownMax);
    if (all.length > shownMax) problems.push(`${all.length - shownMax} more`);
    throw new Failure(code, { problems });
  }
}
