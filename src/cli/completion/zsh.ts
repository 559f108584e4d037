import { type CompletionOption, type CompletionPlace, valueOptions } from './model.ts';

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** `_describe` takes name and description in one word, with a colon between them. */
function described(name: string, description: string): string {
  return quote(`${name.replaceAll(':', '\\:')}:${description.replaceAll(':', '\\:')}`);
}

const spellings = ({ short, long }: CompletionOption): string[] =>
  [long, short].filter((text) => text !== undefined);

function placeCase(place: CompletionPlace): string {
  const commands = [
    ...place.commands.map(({ name, description }) => described(name, description)),
    ...place.choices.map((choice) => quote(choice)),
  ];
  const options = place.options.flatMap((option) =>
    spellings(option).map((text) => described(text, option.description)),
  );
  return `    (${quote(place.chain)})
      commands=(${commands.join(' ')})
      options=(${options.join(' ')}) ;;`;
}

function valueCases(places: readonly CompletionPlace[]): string[] {
  return places.flatMap((place) =>
    place.options
      .filter((option) => option.choices.length > 0)
      .map((option) => {
        const patterns = spellings(option).map((text) => quote(`${place.chain} ${text}`));
        return `      (${patterns.join('|')}) compadd -- ${option.choices.map(quote).join(' ')}; return ;;`;
      }),
  );
}

/** A script for zsh that completes the places of the model, and files where a value is wanted. */
export function zshCompletion(places: readonly CompletionPlace[]): string {
  const chains = places.slice(1).map(({ chain }) => quote(chain));
  return `#compdef bellhop
# Completion of bellhop for zsh: bellhop completion zsh > FILE named _bellhop in a directory of $fpath
_bellhop() {
  local chain='' word i skip=0
  local -a commands options
  for ((i = 2; i < CURRENT; i++)); do
    word="\${words[i]}"
    if ((skip)); then skip=0; continue; fi
    case "$word" in (${valueOptions(places).join('|')}) skip=1; continue ;; esac
    case "$chain $word" in
      (${chains.join('|')}) chain="$chain $word" ;;
    esac
  done
  if ((skip)); then
    case "$chain \${words[CURRENT-1]}" in
${valueCases(places).join('\n')}
    esac
    _files
    return
  fi
  case "$chain" in
${places.map(placeCase).join('\n')}
  esac
  if [[ "\${words[CURRENT]}" == -* ]]; then
    _describe -o option options
  elif ((\${#commands})); then
    _describe command commands
  else
    _files
  fi
}
if [[ "\${funcstack[1]}" == _bellhop ]]; then
  _bellhop "$@"
elif ((\${+functions[compdef]})); then
  compdef _bellhop bellhop
fi
`;
}
