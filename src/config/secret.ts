import { inspect } from 'node:util';

/** A value that no log line, error or dump can show; only `reveal()` gives it out. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
    // What `util.inspect`, and so the console, shows.
    Object.defineProperty(this, inspect.custom, { value: () => '[redacted]' });
  }

  /** The value itself. Call it only where it leaves the process or is digested. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return '[redacted]';
  }

  toJSON(): string {
    return '[redacted]';
  }
}

/** Where a secret comes from: it was written down in place, or it stands in a file of its own (absolute path). */
export type SecretReference =
  | { readonly kind: 'inline'; readonly secret: Secret }
  | { readonly kind: 'file'; readonly path: string };
