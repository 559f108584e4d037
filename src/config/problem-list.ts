import { Failure } from '../errors.ts';
import type { Position, YamlFile } from './parse-yaml.ts';
import { formatPath, type Path } from './place.ts';

/** More than anybody corrects in one go. */
const shownMax = 100;

interface Problem extends Position {
  readonly text: string;
}

/** All mistakes of one configuration file, each once, in the order of its lines. */
export class ProblemList {
  readonly #fileName: string;
  readonly #yaml: YamlFile;
  readonly #problems = new Map<string, Problem>();
  readonly #outside: string[] = [];

  /** The notation's own mistakes are in it from the start. */
  constructor(fileName: string, yaml: YamlFile) {
    this.#fileName = fileName;
    this.#yaml = yaml;
    for (const problem of yaml.problems) this.#add(problem, problem.message);
  }

  /** A mistake in what stands at `path`. */
  report(path: Path, message: string, atKey = false): void {
    const position = atKey ? this.#yaml.locateKey(path) : this.#yaml.locate(path);
    const place = formatPath(path);
    this.#add(position, place === '' ? `the file ${message}` : `${place}: ${message}`);
  }

  /** A mistake that is not in the file. */
  reportOutside(text: string): void {
    this.#outside.push(text);
  }

  #add(position: Position, text: string): void {
    const place = `${position.line}:${position.column}`;
    // What is wrong in its notation is also of a wrong type: the first finding says why.
    if (!this.#problems.has(place)) this.#problems.set(place, { ...position, text });
  }

  /** @throws Failure config_invalid if there is any mistake. */
  throwIfAny(): void {
    const inFile = [...this.#problems.values()]
      .sort((a, b) => a.line - b.line || a.column - b.column)
      .map(({ line, column, text }) => `${this.#fileName}:${line}:${column}: ${text}`);
    const all = [...inFile, ...this.#outside];
    if (all.length === 0) return;
    const problems = all.slice(0, shownMax);
    if (all.length > shownMax) problems.push(`${all.length - shownMax} more`);
    throw new Failure('config_invalid', { problems });
  }
}
