import { Command } from 'commander';
import { addExample } from '../../add-example.ts';
import type { CliContext } from '../../context.ts';
import { globalOptions } from '../../global-options.ts';
import { openConfig } from '../../open-config.ts';
import { accountNotes } from '../account-notes.ts';
import { callLimit } from '../call-limit.ts';
import { table } from '../table.ts';

const heading = ['ROOM ID', 'ALIAS', 'CONFIGURED AS', 'NAME'];

/** `bellhop room list`: the rooms an account is in. */
export function listCommand(context: CliContext): Command {
  const command = new Command('list')
    .description('show the rooms that an account is in, and which of them are configured')
    .option('--account <name>', 'which account; default: the first')
    .action(async (options: { account?: string }) => {
      const globals = globalOptions(command);
      const { accountOf, asAccount } = await import('../../../app/account-session.ts');
      const { knownRooms } = await import('../../../app/doctor/known-rooms.ts');
      const { listRooms } = await import('../../../app/doctor/list-rooms.ts');
      const { config } = await openConfig(context, globals);
      const account = accountOf(config, options.account);
      const known = await knownRooms(config);
      const ours = [...config.rooms.values()].filter((room) => room.account === account.name);
      const signal = callLimit(context);
      const ports = { signal, onEvent: accountNotes(context) };
      const rooms = await asAccount(config, account, ports, (session) =>
        listRooms(session, ours, known, signal),
      );
      if (globals.json === true) {
        for (const { roomId, alias, name, configured } of rooms) {
          const line = JSON.stringify({ room_id: roomId, alias, name, configured });
          context.stdout.write(`${line}\n`);
        }
        return;
      }
      const rows = rooms.map(({ roomId, alias, name, configured }) => [
        roomId,
        alias ?? '-',
        configured.length === 0 ? '-' : configured.join(', '),
        name ?? '-',
      ]);
      context.stdout.write(table([heading, ...rows]));
    });
  return addExample(command, 'bellhop room list', 'bellhop room list --account main --json');
}
