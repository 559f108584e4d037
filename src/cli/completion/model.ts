import type { Command, Option } from 'commander';

export interface CompletionOption {
  /** With its dashes: `-c`. */
  readonly short: string | undefined;
  readonly long: string | undefined;
  readonly description: string;
  /** The next word is its value. */
  readonly takesValue: boolean;
  /** The only values it takes; empty: any. */
  readonly choices: readonly string[];
}

/** What can follow after some commands. */
export interface CompletionPlace {
  /** The commands so far, each with a space before it: `''`, `' config'`, `' config check'`. */
  readonly chain: string;
  readonly commands: readonly { readonly name: string; readonly description: string }[];
  readonly options: readonly CompletionOption[];
  /** The only words its first argument can be; empty: any. */
  readonly choices: readonly string[];
}

function toOption(option: Option): CompletionOption {
  return {
    short: option.short,
    long: option.long,
    description: option.description,
    takesValue: option.required,
    choices: option.argChoices ?? [],
  };
}

/** Every place of the command line, the program itself first. */
export function completionModel(program: Command): CompletionPlace[] {
  const help = program.createHelp();
  const globals = help.visibleOptions(program).filter(({ long }) => long !== '--version');
  const visit = (command: Command, chain: string): CompletionPlace[] => {
    const own = help.visibleOptions(command);
    const inherited = globals.filter(({ long }) => own.every((option) => option.long !== long));
    const children = help.visibleCommands(command).filter((child) => child.name() !== 'help');
    const place: CompletionPlace = {
      chain,
      commands: children.map((child) => ({
        name: child.name(),
        description: child.description(),
      })),
      options: [...own, ...inherited].map(toOption),
      choices: command.registeredArguments[0]?.argChoices ?? [],
    };
    return [place, ...children.flatMap((child) => visit(child, `${chain} ${child.name()}`))];
  };
  return visit(program, '');
}

/** The spellings of all options that take their value from the next word. */
export function valueOptions(places: readonly CompletionPlace[]): string[] {
  const spellings = places
    .flatMap((place) => place.options)
    .filter((option) => option.takesValue)
    .flatMap(({ short, long }) => [short, long]);
  return [...new Set(spellings)].filter((text) => text !== undefined);
}
