import { isBlank, type Member, type Members } from './members.ts';

/** Hands out a sender's members by their names in lower case, and knows in the end which nobody understood. */
export class MemberReader {
  readonly #members: Members;
  readonly #understood = new Set<string>();

  constructor(members: Members) {
    this.#members = members;
  }

  /** The value of this name; undefined if there is none, or it is blank. */
  value(name: string): unknown {
    const value = this.#members.get(name)?.value;
    return isBlank(value) ? undefined : value;
  }

  /** The value says what this name stands for, so it need not be shown. */
  understand(name: string): void {
    this.#understood.add(name);
  }

  /** The value of the first of these names that is not blank nor understood before; it is from now on. */
  take(names: readonly string[]): unknown {
    for (const name of names) {
      const value = this.#understood.has(name) ? undefined : this.value(name);
      if (value === undefined) continue;
      this.understand(name);
      return value;
    }
    return undefined;
  }

  /** What was sent and not understood, in the order it was sent. */
  rest(): Member[] {
    return [...this.#members]
      .filter(([name]) => !this.#understood.has(name))
      .map(([, member]) => member);
  }
}
