import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { sendOptionTypes } from '../../app/one-shot/send-options.ts';
import { createProgram } from '../program.ts';
import { testContext } from '../test-context.contract.ts';
import { openHouse } from './house.contract.ts';
import { printSendHelp, sendCommand } from './send.ts';

/** The options of a command and of all commands: name to short form and whether it takes a value. */
function modelOf(command: Command): Map<string, { short: string | undefined; takes: boolean }> {
  const options = [...command.options, ...(command.parent?.options ?? [])];
  return new Map(
    options
      .filter(({ long }) => long !== '--version')
      .map(({ long, short, required, optional }) => [
        long?.slice(2) ?? '',
        { short: short?.slice(1), takes: required || optional },
      ]),
  );
}

it('help and completion know the options that the parser of send knows, and no others', () => {
  const program = createProgram(testContext(), [sendCommand]);
  const [send] = program.commands;
  if (send === undefined) throw new Error('there is no send');
  const known = Object.entries(sendOptionTypes)
    .filter(([name]) => name !== 'help')
    .map(([name, spec]): [string, object] => [
      name,
      { short: 'short' in spec ? spec.short : undefined, takes: spec.type === 'string' },
    ]);
  expect(modelOf(send)).toEqual(new Map(known));
});

it('help names options, defaults of all commands and an example', () => {
  let text = '';
  printSendHelp({ write: (part) => (text += part) });
  expect(text).toContain('--idempotency-key <key>');
  expect(text).toContain('--config <file>');
  expect(text).toContain('bellhop send --room ops');
});

describe('bellhop send', () => {
  it('delivers what is piped in', async () => {
    const house = await openHouse();
    const ran = await house.run(['--json', 'send', '--title', 'Disk'], { input: 'full\n' });
    expect([ran.err, ran.exit]).toEqual(['', 0]);
    expect(JSON.parse(ran.out)).toMatchObject({ state: 'delivered', room: 'ops' });
    expect(house.homeserver.messages(house.roomId)).toMatchObject([
      { content: { body: expect.stringContaining('full') } },
    ]);
  });

  it.each([
    [['send', '--dry-run', '--', '-x', '--room'], '-x --room'],
    [['send', '-n', 'a', '--severity', 'error', 'b'], 'a b'],
    [['send', '--wait', 'only this', '-n', '-q'], 'only this'],
    [['send', '-nr', 'ops', 'a room before'], 'a room before'],
  ])('reads %j as its own parser does', async (args, words) => {
    const house = await openHouse();
    const ran = await house.run(args);
    expect(ran).toMatchObject({ err: '', exit: 0, out: expect.stringContaining(words) });
  });

  it.each([[['send', '--help']], [['help', 'send']], [['-q', 'send', '-h']]])(
    '%j shows help',
    async (args) => {
      const house = await openHouse();
      expect(await house.run(args)).toMatchObject({
        out: expect.stringContaining('Usage: bellhop send'),
        err: '',
        exit: 0,
      });
    },
  );

  it('names its own mistakes', async () => {
    const house = await openHouse();
    const ran = await house.run(['send', '--bogus', 'x']);
    expect(ran).toMatchObject({ exit: 64, out: '', err: expect.stringContaining('--bogus') });
  });
});
