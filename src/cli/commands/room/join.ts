import { Command } from 'commander';
import { isRoomAlias } from '../../../matrix/ids.ts';
import { addExample } from '../../add-example.ts';
import type { CliContext } from '../../context.ts';
import { globalOptions } from '../../global-options.ts';
import { openConfig } from '../../open-config.ts';
import { writeResult } from '../../results.ts';
import { accountNotes } from '../account-notes.ts';
import { callLimit } from '../call-limit.ts';
import { collect } from '../collect.ts';
import { needRoomReference } from '../need-id.ts';
import { configuredRoom } from './configured-room.ts';

interface JoinOptions {
  readonly via?: readonly string[];
  readonly account?: string;
}

/** `bellhop room join`: enters a room, or accepts an invitation. */
export function joinCommand(context: CliContext): Command {
  const command = new Command('join')
    .description('join a room, or accept the invitation to it')
    .argument('<room>', 'a configured name, a room id or an alias')
    .option('--via <server>', 'a server that is in the room; may be repeated', collect)
    .option('--account <name>', "which account; default: the room's, else the first")
    .action(async (text: string, options: JoinOptions) => {
      const globals = globalOptions(command);
      const { accountOf, asAccount } = await import('../../../app/account-session.ts');
      const { joinRoom, resolveAlias } = await import('../../../matrix/rooms.ts');
      const { config } = await openConfig(context, globals);
      const configured = configuredRoom(config, text);
      const room = configured?.room ?? needRoomReference(text);
      const account = accountOf(config, options.account ?? configured?.account);
      const signal = callLimit(context);
      const ports = { signal, onEvent: accountNotes(context) };
      const roomId = await asAccount(config, account, ports, async (session) => {
        const via = [...(options.via ?? [])];
        if (via.length === 0 && isRoomAlias(room)) {
          const found = await resolveAlias(session.homeserver, room, signal);
          via.push(...(found?.servers ?? []));
        }
        return await joinRoom(session, room, via, signal);
      });
      writeResult(context, globals, {
        json: { room_id: roomId, account: account.name },
        text: roomId,
      });
    });
  return addExample(command, 'bellhop room join ops', 'bellhop room join "#ops:example.org"');
}
