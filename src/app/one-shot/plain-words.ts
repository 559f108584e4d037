/** What parseArgs is told of an option. */
interface OptionType {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
  readonly multiple?: boolean;
}

export type OptionTypes = Readonly<Record<string, OptionType>>;

export interface PlainWords {
  readonly values: Record<string, string | boolean>;
  readonly positionals: string[];
}

/** The option that a word names; undefined: none, or one that may be there several times. */
function optionOf(word: string, types: OptionTypes): string | undefined {
  const name = word.startsWith('--')
    ? word.slice(2)
    : Object.keys(types).find((candidate) => types[candidate]?.short === word.slice(1));
  if (name === undefined || !Object.hasOwn(types, name)) return undefined;
  return types[name]?.multiple === true ? undefined : name;
}

/**
 * What util.parseArgs makes of words that are options with their values and positionals, and nothing else; undefined:
 * ask parseArgs itself, which takes longer than reading the settings and choosing the room.
 */
export function readPlainWords(
  words: readonly string[],
  types: OptionTypes,
): PlainWords | undefined {
  const plain: PlainWords = { values: {}, positionals: [] };
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    if (!word.startsWith('-')) {
      plain.positionals.push(word);
      continue;
    }
    const name = optionOf(word, types);
    if (name === undefined) return undefined;
    const value = types[name]?.type === 'boolean' || words[++i];
    // A value that looks like an option is more likely a forgotten one.
    if (value === undefined || (value !== true && value.startsWith('-'))) return undefined;
    plain.values[name] = value;
  }
  return plain;
}
