import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { commands } from '../commands.ts';
import { completionModel } from '../completion/model.ts';
import { createProgram } from '../program.ts';
import { runProgram } from '../run.ts';
import { testContext } from '../test-context.contract.ts';

async function scriptFor(shell: string): Promise<string> {
  const context = testContext();
  await runProgram(['completion', shell], context);
  return context.out();
}

it.each(['bash', 'zsh', 'fish'])(
  'the script for %s knows every command and option',
  async (shell) => {
    const script = await scriptFor(shell);
    for (const place of completionModel(createProgram(testContext(), commands))) {
      expect(script).toContain(`'${place.chain}'`.replaceAll("'", shell === 'fish' ? "\\'" : "'"));
      for (const { name } of place.commands) expect(script).toContain(name);
      for (const { long = '' } of place.options) {
        expect(script).toContain(shell === 'fish' ? `-l ${long.slice(2)}` : long);
      }
    }
  },
);

it.each([
  [
    ['config', ''],
    ['check', 'print', 'schema', 'init'],
  ],
  [['con'], ['config']],
  [['-c', 'some.yaml', 'config', 'pr'], ['print']],
  [['config', 'check', '--se'], ['--secrets']],
  [['completion', 'z'], ['zsh']],
])('bash completes %j', async (words, expected) => {
  const typed = ['bellhop', ...words].map((word) => `'${word}'`).join(' ');
  const ask = `COMP_WORDS=(${typed}); COMP_CWORD=${words.length}; _bellhop; echo "\${COMPREPLY[*]}"`;
  const answer = execFileSync('bash', ['--norc', '-c', `${await scriptFor('bash')}\n${ask}`]);
  expect(answer.toString().trim().split(' ')).toEqual(expected);
});
