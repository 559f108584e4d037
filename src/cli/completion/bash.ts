import { type CompletionPlace, valueOptions } from './model.ts';

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

function placeCase(place: CompletionPlace): string {
  const names = [...place.commands.map(({ name }) => name), ...place.choices];
  const options = place.options
    .flatMap(({ short, long }) => [long, short])
    .filter((text) => text !== undefined);
  return `    ${quote(place.chain)}) words=${quote(names.join(' '))} options=${quote(options.join(' '))} ;;`;
}

function valueCases(places: readonly CompletionPlace[]): string[] {
  return places.flatMap((place) =>
    place.options
      .filter((option) => option.choices.length > 0)
      .map(({ short, long, choices }) => {
        const spellings = [short, long].filter((text) => text !== undefined);
        const patterns = spellings.map((text) => quote(`${place.chain} ${text}`)).join('|');
        return `    ${patterns}) words=${quote(choices.join(' '))} ;;`;
      }),
  );
}

/** A script for bash that completes the places of the model, and files where a value is wanted. */
export function bashCompletion(places: readonly CompletionPlace[]): string {
  const chains = places.slice(1).map(({ chain }) => quote(chain));
  return `# Completion of bellhop for bash: source <(bellhop completion bash)
_bellhop() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}"
  local chain='' words='' options='' word i skip=0
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    if ((skip)); then skip=0; continue; fi
    case "$word" in ${valueOptions(places).join('|')}) skip=1; continue ;; esac
    case "$chain $word" in
      ${chains.join('|')}) chain="$chain $word" ;;
    esac
  done
  if ((skip)); then
    case "$chain $prev" in
${valueCases(places).join('\n')}
    esac
    if [[ -n $words ]]; then
      COMPREPLY=($(compgen -W "$words" -- "$cur"))
    else
      COMPREPLY=($(compgen -f -- "$cur"))
    fi
    return
  fi
  case "$chain" in
${places.map(placeCase).join('\n')}
  esac
  if [[ $cur == -* ]]; then words="$options"; fi
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o bashdefault -o default -F _bellhop bellhop
`;
}
