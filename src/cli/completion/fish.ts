import { type CompletionOption, type CompletionPlace, valueOptions } from './model.ts';

const quote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

function optionLine(at: string, option: CompletionOption): string {
  const { short, long, description, takesValue, choices } = option;
  return [
    at,
    short === undefined ? '' : `-s ${short.slice(1)}`,
    long === undefined ? '' : `-l ${long.slice(2)}`,
    choices.length > 0 ? `-x -a ${quote(choices.join(' '))}` : takesValue ? '-r -F' : '',
    `-d ${quote(description)}`,
  ]
    .filter((part) => part !== '')
    .join(' ');
}

function placeLines(place: CompletionPlace): string[] {
  const at = `complete -c bellhop -n ${quote(`__bellhop_at ${quote(place.chain)}`)}`;
  const takesFiles = place.commands.length === 0 && place.choices.length === 0;
  return [
    ...(takesFiles ? [] : [`${at} -f`]),
    ...place.commands.map(
      ({ name, description }) => `${at} -a ${quote(name)} -d ${quote(description)}`,
    ),
    ...place.choices.map((choice) => `${at} -a ${quote(choice)}`),
    ...place.options.map((option) => optionLine(at, option)),
  ];
}

/** A script for fish that completes the places of the model, and files where a value is wanted. */
export function fishCompletion(places: readonly CompletionPlace[]): string {
  const chains = places.slice(1).map(({ chain }) => quote(chain));
  return `# Completion of bellhop for fish: bellhop completion fish > ~/.config/fish/completions/bellhop.fish
function __bellhop_at
  set -l chain ''
  set -l skip 0
  for word in (commandline -opc)[2..-1]
    if test $skip = 1
      set skip 0
      continue
    end
    switch $word
      case ${valueOptions(places).map(quote).join(' ')}
        set skip 1
        continue
    end
    switch "$chain $word"
      case ${chains.join(' ')}
        set chain "$chain $word"
    end
  end
  test "$chain" = "$argv[1]"
end
${places.flatMap(placeLines).join('\n')}
`;
}
