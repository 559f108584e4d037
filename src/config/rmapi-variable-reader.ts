import type { Environment } from './build-context.ts';
import type { RmapiVariable } from './rmapi-variables.ts';

const flags: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['yes', true],
  ['on', true],
  ['1', true],
  ['false', false],
  ['no', false],
  ['off', false],
  ['0', false],
]);

const parseFlag = (text: string): boolean | undefined => flags.get(text.toLowerCase());

/** Reads the drop-in's variables, and keeps what is wrong with them. */
export class VariableReader {
  readonly problems: string[] = [];
  readonly #env: Environment;

  constructor(env: Environment) {
    this.#env = env;
  }

  /** An empty variable counts as unset: that is how compose files pass on what is not there. */
  text(name: RmapiVariable): string | undefined {
    const value = this.#env[name];
    return value === '' ? undefined : value;
  }

  parse<T>(
    name: RmapiVariable,
    fallback: string,
    read: (text: string) => T | undefined,
    must: string,
  ): T {
    const value = read(this.text(name) ?? fallback);
    if (value !== undefined) return value;
    this.problems.push(`${name}: ${must}`);
    // Nothing uses it: the problem is thrown.
    return read(fallback) as T;
  }

  flag(name: RmapiVariable, fallback = 'false'): boolean {
    return this.parse(name, fallback, parseFlag, 'must be true or false');
  }

  oneOf<T extends string>(name: RmapiVariable, choices: readonly [T, ...T[]]): T {
    const read = (text: string) => choices.find((choice) => choice === text);
    return this.parse(name, choices[0], read, `must be one of ${choices.join(', ')}`);
  }
}
