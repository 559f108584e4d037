/** Where a text stops being JSON, and what would be right there. */
export interface JsonFault {
  /** In UTF-16 units. */
  readonly offset: number;
  readonly expected: string;
}

type Expected = 'value' | 'value-or-end' | 'key' | 'key-or-end' | 'colon' | 'comma-or-end';

const names: Readonly<Record<Expected, string>> = {
  value: 'expected a value',
  'value-or-end': 'expected a value or ]',
  key: 'expected a key in double quotes',
  'key-or-end': 'expected a key in double quotes or }',
  colon: 'expected a colon',
  'comma-or-end': 'expected a comma or the closing bracket',
};

const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const literal = /true|false|null/y;
const escapeSequence = /\\(?:["\\/bfnrt]|u[\da-fA-F]{4})/y;
const blank = /[ \t\r\n]*/y;

/** The end of what the sticky pattern matches at `at`; undefined if it does not match there. */
function matchEnd(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}

function stringEnd(text: string, start: number): number | JsonFault {
  let at = start + 1;
  while (at < text.length) {
    const unit = text.charCodeAt(at);
    if (unit === 0x22) return at + 1;
    if (unit < 0x20) {
      return {
        offset: at,
        expected: 'a line end or control character must be escaped in a string',
      };
    }
    if (unit !== 0x5c) {
      at++;
      continue;
    }
    const end = matchEnd(escapeSequence, text, at);
    if (end === undefined) return { offset: at, expected: 'expected a valid escape after \\' };
    at = end;
  }
  return { offset: at, expected: 'the text ends inside a string' };
}

/** A machine that walks over JSON and stops where it is none; it keeps the open brackets itself, so depth is no matter. */
class Walker {
  readonly #text: string;
  readonly #open: string[] = [];
  #at = 0;
  #expected: Expected = 'value';

  constructor(text: string) {
    this.#text = text;
  }

  walk(): JsonFault | undefined {
    for (;;) {
      this.#at = matchEnd(blank, this.#text, this.#at) ?? this.#at;
      if (this.#isDone()) {
        return this.#at === this.#text.length
          ? undefined
          : { offset: this.#at, expected: 'expected the end' };
      }
      if (this.#at >= this.#text.length) {
        return { offset: this.#at, expected: `the text ends here, but ${names[this.#expected]}` };
      }
      const fault = this.#step();
      if (fault !== undefined) return fault;
    }
  }

  #isDone(): boolean {
    return this.#open.length === 0 && this.#expected === 'comma-or-end';
  }

  #step(): JsonFault | undefined {
    const character = this.#text.charAt(this.#at);
    if (this.#closes(character)) {
      this.#open.pop();
      this.#at++;
      this.#expected = 'comma-or-end';
      return undefined;
    }
    switch (this.#expected) {
      case 'value':
      case 'value-or-end':
        return this.#value(character);
      case 'key':
      case 'key-or-end':
        return character === '"' ? this.#string('colon') : this.#fault();
      case 'colon':
        return this.#sign(character === ':', 'value');
      case 'comma-or-end':
        return this.#sign(character === ',', this.#open.at(-1) === '{' ? 'key' : 'value');
    }
  }

  #closes(character: string): boolean {
    const mayEnd = this.#expected.endsWith('-end');
    return mayEnd && character === (this.#open.at(-1) === '{' ? '}' : ']');
  }

  #value(character: string): JsonFault | undefined {
    if (character === '"') return this.#string('comma-or-end');
    if (character === '{' || character === '[') {
      this.#open.push(character);
      this.#at++;
      this.#expected = character === '{' ? 'key-or-end' : 'value-or-end';
      return undefined;
    }
    const end = matchEnd(number, this.#text, this.#at) ?? matchEnd(literal, this.#text, this.#at);
    if (end === undefined) return this.#fault();
    this.#at = end;
    this.#expected = 'comma-or-end';
    return undefined;
  }

  #string(next: Expected): JsonFault | undefined {
    const end = stringEnd(this.#text, this.#at);
    if (typeof end !== 'number') return end;
    this.#at = end;
    this.#expected = next;
    return undefined;
  }

  #sign(isRight: boolean, next: Expected): JsonFault | undefined {
    if (!isRight) return this.#fault();
    this.#at++;
    this.#expected = next;
    return undefined;
  }

  #fault(): JsonFault {
    return { offset: this.#at, expected: names[this.#expected] };
  }
}

/** The first place where a text is no JSON (RFC 8259), in linear time; undefined if it is JSON. */
export function findJsonFault(text: string): JsonFault | undefined {
  return new Walker(text).walk();
}
