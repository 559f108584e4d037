import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { Failure } from '../errors.ts';
import { addExample } from './add-example.ts';
import { commands } from './commands.ts';
import { createProgram } from './program.ts';
import { runProgram } from './run.ts';
import { testContext } from './test-context.contract.ts';

const failing = (thrown: unknown) => [
  () =>
    new Command('fail').action(() => {
      throw thrown;
    }),
];

describe('usage', () => {
  it.each([
    [['--bogus'], /Unknown option '--bogus'/],
    [['confg'], /Unknown command 'confg' \(Did you mean config\?\)/],
    [['config', 'chek'], /Did you mean check\?/],
    [['config', 'check', '--secret'], /Did you mean --secrets\?/],
    [['config', 'check', 'surplus'], /Too many arguments/],
    [['completion', 'tcsh'], /Allowed choices are bash, zsh, fish/],
    [['config', 'print', '-q', '-v'], /cannot be used with/],
    [[], /A command is missing/],
    [['config'], /A command is missing/],
  ])('%j ends with 64, nothing on standard output', async (args, message) => {
    const context = testContext();
    await runProgram(args, context);
    expect(context.exitCode()).toBe(64);
    expect(context.err()).toMatch(message);
    expect(context.err()).toContain('--help');
    expect(context.out()).toBe('');
  });

  it('the version and help are results', async () => {
    const version = testContext();
    await runProgram(['--version'], version);
    expect(version.out()).toBe('1.2.3\n');
    const help = testContext();
    await runProgram(['config', 'check', '--help'], help);
    expect(help.out()).toContain('--secrets');
    expect(help.out()).toContain('--config <file>');
    expect([help.exitCode(), help.err()]).toEqual([0, '']);
  });

  it.each([
    [['help'], 'Usage: bellhop [options]'],
    [['help', 'outbox'], 'Usage: bellhop outbox'],
    [['help', 'account', 'identity', 'show'], 'Usage: bellhop account identity show'],
  ])('%j shows the help of that command', async (args, usage) => {
    const context = testContext();
    await runProgram(args, context);
    expect(context.out()).toContain(usage);
    expect([context.exitCode(), context.err()]).toEqual([0, '']);
  });

  it('help for a command that is none says so', async () => {
    const context = testContext();
    await runProgram(['help', 'account', 'nope'], context);
    expect([context.exitCode(), context.out()]).toEqual([64, '']);
    expect(context.err()).toContain('There is no command "account nope".');
  });

  it('every command shows an example in its help', () => {
    const leaves = (command: Command): Command[] =>
      command.commands.length === 0 ? [command] : command.commands.flatMap(leaves);
    const context = testContext();
    for (const leaf of leaves(createProgram(context, commands))) leaf.outputHelp();
    const helps = context.out().split('Usage: ').slice(1);
    for (const help of helps) expect(help).toMatch(/\nExamples?:\n {2}.*bellhop /);
  });

  it('options of all commands stand before or after the command', async () => {
    for (const args of [
      ['--json', 'config', 'schema'],
      ['config', 'schema', '--json'],
    ]) {
      const context = testContext();
      await runProgram(args, context);
      expect(context.out().trimEnd()).not.toContain('\n');
    }
  });
});

describe('a failure', () => {
  const failure = new Failure('storage_full', {
    detail: 'On /data.',
    problems: ['a: b', 'c\u001b[31m: d'],
    cause: new Error('ENOSPC'),
  });

  it('is told as sentence, detail, problems and remedy, with its exit code', async () => {
    const context = testContext();
    await runProgram(['fail'], context, failing(failure));
    expect(
      context.err(),
    ).toBe(`bellhop: The disk that holds the outbox is full; nothing was acknowledged. On /data.
  a: b
  c [31m: d
Free some space; Bellhop goes on by itself.
`);
    expect(context.exitCode()).toBe(74);
    expect(context.out()).toBe('');
  });

  it('tells its cause with -v only', async () => {
    const context = testContext();
    await runProgram(['fail', '-v'], context, failing(failure));
    expect(context.err()).toContain('Caused by: Error: ENOSPC');
  });

  it('is one line of JSON with --json', async () => {
    const context = testContext();
    await runProgram(['fail', '--json'], context, failing(failure));
    expect(JSON.parse(context.err())).toMatchObject({
      error: { code: 'storage_full', detail: 'On /data.', problems: ['a: b', 'c\u001b[31m: d'] },
    });
  });

  it('without a name is a bug that hides its words unless asked', async () => {
    const quiet = testContext();
    await runProgram(['fail'], quiet, failing(new TypeError('s3cret is not a function')));
    expect(quiet.exitCode()).toBe(70);
    expect(quiet.err()).not.toContain('s3cret');
    const verbose = testContext();
    await runProgram(['fail', '-v'], verbose, failing(new TypeError('x is not a function')));
    expect(verbose.err()).toContain('x is not a function');
  });

  it('after an interrupt is none', async () => {
    const context = testContext({ signal: AbortSignal.abort() });
    await runProgram(['fail'], context, failing(new Error('aborted')));
    expect(context.exitCode()).toBe(130);
    expect(context.err()).toBe('');
  });

  it.each([
    ['a terminal', { isTTY: true, args: [], env: {}, coloured: true }],
    ['a pipe', { isTTY: false, args: [], env: {}, coloured: false }],
    ['NO_COLOR', { isTTY: true, args: [], env: { NO_COLOR: '1' }, coloured: false }],
    ['--no-color', { isTTY: true, args: ['--no-color'], env: {}, coloured: false }],
    ['a dumb terminal', { isTTY: true, args: [], env: { TERM: 'dumb' }, coloured: false }],
  ])('on %s is coloured as it should be', async (_, { isTTY, args, env, coloured }) => {
    let err = '';
    const stderr = { isTTY, write: (text: string) => (err += text) };
    const context = testContext({ stderr, env });
    await runProgram(['fail', ...args], context, failing(failure));
    expect(err.includes('\u001b[31mbellhop')).toBe(coloured);
  });
});

it('the exit code of a command is its own', async () => {
  const context = testContext();
  await runProgram(['keep'], context, [
    ({ setExitCode }) =>
      addExample(
        new Command('keep').action(() => setExitCode(75)),
        'bellhop keep',
      ),
  ]);
  expect(context.exitCode()).toBe(75);
});
