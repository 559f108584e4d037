import { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { createCommand } from './room/create.ts';
import { inviteCommand } from './room/invite.ts';
import { joinCommand } from './room/join.ts';
import { listCommand } from './room/list.ts';
import { testCommand } from './room/test-room.ts';

/** `bellhop room`: the rooms that messages go to. */
export function roomCommand(context: CliContext): Command {
  return new Command('room')
    .description('make, enter, list and test rooms, and invite people')
    .addCommand(createCommand(context))
    .addCommand(inviteCommand(context))
    .addCommand(joinCommand(context))
    .addCommand(listCommand(context))
    .addCommand(testCommand(context));
}
