import { Argument, Command } from 'commander';
import { addExample } from '../add-example.ts';
import { bashCompletion } from '../completion/bash.ts';
import { fishCompletion } from '../completion/fish.ts';
import { completionModel } from '../completion/model.ts';
import { zshCompletion } from '../completion/zsh.ts';
import type { CliContext } from '../context.ts';

const shells = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;

/** `bellhop completion`: a script that completes commands and options, made from the command line's own model. */
export function completionCommand(context: CliContext): Command {
  const command = new Command('completion')
    .description('write a script that completes commands and options')
    .addArgument(new Argument('<shell>', 'which shell').choices(Object.keys(shells)))
    .action((shell: keyof typeof shells) => {
      const program = command.parent ?? command;
      context.stdout.write(shells[shell](completionModel(program)));
    });
  return addExample(
    command,
    'source <(bellhop completion bash)',
    'bellhop completion zsh > ~/.zfunc/_bellhop',
    'bellhop completion fish > ~/.config/fish/completions/bellhop.fish',
  );
}
