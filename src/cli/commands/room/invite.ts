import { Command } from 'commander';
import type { Config } from '../../../config/config.ts';
import { Failure } from '../../../errors.ts';
import { isRoomAlias, type RoomId, type RoomReference, type UserId } from '../../../matrix/ids.ts';
import type { Session } from '../../../matrix/session.ts';
import { addExample } from '../../add-example.ts';
import type { CliContext } from '../../context.ts';
import { globalOptions } from '../../global-options.ts';
import { openConfig } from '../../open-config.ts';
import { writeResult } from '../../results.ts';
import { accountNotes } from '../account-notes.ts';
import { callLimit } from '../call-limit.ts';
import { needRoomReference, needUserId } from '../need-id.ts';
import { configuredRoom } from './configured-room.ts';

/** What came of it for one user. */
type Invited = 'invited' | 'was invited' | 'is in the room';

/** `bellhop room invite`: lets people into a room that is there. */
export function inviteCommand(context: CliContext): Command {
  const command = new Command('invite')
    .description('invite people to a room that the account is in')
    .argument('<room>', 'a configured name, a room id or an alias')
    .argument('<user...>', 'user ids, @name:server')
    .option('--account <name>', "which account; default: the room's, else the first")
    .action(async (text: string, users: string[], options: { readonly account?: string }) => {
      const globals = globalOptions(command);
      const userIds = users.map(needUserId);
      const { config } = await openConfig(context, globals);
      await eachInvited(context, config, { text, account: options.account }, async (invite) => {
        for (const userId of userIds) {
          const { roomId, invited } = await invite(userId);
          writeResult(context, globals, {
            json: { room_id: roomId, user_id: userId, invited: invited === 'invited' },
            text: invited === 'invited' ? `${userId} is invited.` : `${userId} ${invited} already.`,
          });
        }
      });
    });
  return addExample(
    command,
    'bellhop room invite ops @me:example.org',
    'bellhop room invite "#ops:example.org" @anna:example.org @ben:example.org',
  );
}

type Invite = (userId: UserId) => Promise<{ readonly roomId: RoomId; readonly invited: Invited }>;

/** Runs `task` with what invites to the room, as the account that speaks there. */
async function eachInvited(
  context: CliContext,
  config: Config,
  wish: { readonly text: string; readonly account: string | undefined },
  task: (invite: Invite) => Promise<void>,
): Promise<void> {
  const { accountOf, asAccount } = await import('../../../app/account-session.ts');
  const configured = configuredRoom(config, wish.text);
  const room = configured?.room ?? needRoomReference(wish.text);
  const account = accountOf(config, wish.account ?? configured?.account);
  const signal = callLimit(context);
  const ports = { signal, onEvent: accountNotes(context) };
  await asAccount(config, account, ports, async (session) => {
    const roomId = await roomIdOf(session, room, signal);
    await task(async (userId) => {
      const invited = await inviteOnce(session, roomId, userId, signal);
      return { roomId, invited };
    });
  });
}

async function roomIdOf(
  session: Session,
  room: RoomReference,
  signal: AbortSignal,
): Promise<RoomId> {
  if (!isRoomAlias(room)) return room;
  const { resolveAlias } = await import('../../../matrix/rooms.ts');
  const found = await resolveAlias(session.homeserver, room, signal);
  if (found !== undefined) return found.roomId;
  throw new Failure('not_found', { detail: `The alias ${room} leads nowhere.` });
}

/** Who is in, or invited, is left alone: homeservers refuse to invite them again. */
async function inviteOnce(
  session: Session,
  roomId: RoomId,
  userId: UserId,
  signal: AbortSignal,
): Promise<Invited> {
  const { invite } = await import('../../../matrix/rooms.ts');
  const { roomState } = await import('../../../matrix/state.ts');
  const member = await roomState(session, roomId, 'm.room.member', userId, signal);
  if (member?.['membership'] === 'join') return 'is in the room';
  if (member?.['membership'] === 'invite') return 'was invited';
  await invite(session, roomId, userId, signal);
  return 'invited';
}
