import { Command } from 'commander';
import { Failure } from '../../../errors.ts';
import { localpart, parseRoomAlias, type RoomId, serverName } from '../../../matrix/ids.ts';
import type { Session } from '../../../matrix/session.ts';
import { addExample } from '../../add-example.ts';
import type { CliContext } from '../../context.ts';
import { globalOptions } from '../../global-options.ts';
import { openConfig } from '../../open-config.ts';
import { writeNote, writeResult } from '../../results.ts';
import { accountNotes } from '../account-notes.ts';
import { callLimit } from '../call-limit.ts';
import { collect } from '../collect.ts';
import { needUserId } from '../need-id.ts';

interface CreateOptions {
  readonly name?: string;
  readonly alias?: string;
  readonly topic?: string;
  readonly invite?: readonly string[];
  readonly public?: boolean;
  readonly encrypted?: boolean;
  readonly account?: string;
}

interface CreatedRoom {
  readonly roomId: RoomId;
  readonly alias: string | undefined;
  readonly isEncrypted: boolean;
}

/** `bellhop room create`: a room that the account may send to. */
export function createCommand(context: CliContext): Command {
  const command = new Command('create')
    .description('make a room, and show the line for the configuration')
    .option('--name <text>', 'what people see')
    .option('--alias <name>', 'its alias: ops, or #ops:server')
    .option('--topic <text>', 'what it is for')
    .option('--invite <user>', 'invite somebody; may be repeated', collect)
    .option('--public', 'anybody may join, and the directory lists it')
    .option('--encrypted', 'what is said there is encrypted')
    .option('--account <name>', 'which account; default: the first')
    .action(async (options: CreateOptions) => {
      const globals = globalOptions(command);
      const invite = (options.invite ?? []).map(needUserId);
      const { accountOf, asAccount } = await import('../../../app/account-session.ts');
      const { config } = await openConfig(context, globals);
      const account = accountOf(config, options.account);
      const signal = callLimit(context);
      const ports = { signal, onEvent: accountNotes(context) };
      const created = await asAccount(config, account, ports, (session) =>
        create(session, options, invite, signal),
      );
      const { roomId, alias, isEncrypted } = created;
      writeResult(context, globals, {
        json: { room_id: roomId, alias, account: account.name, encrypted: isEncrypted },
        text: roomId,
      });
      if (isEncrypted) {
        const by = options.encrypted === true ? '' : ' by the homeserver';
        const note = `It is encrypted${by}: \`bellhop doctor\` says whether the account has the identity that it needs there.`;
        writeNote(context, globals, note);
      }
      const isFirst = [...config.accounts.keys()][0] === account.name;
      const line = configLine(
        nameFor(options),
        alias ?? roomId,
        isFirst ? undefined : account.name,
      );
      writeNote(context, globals, `For the configuration:\n\n${line}\n`);
    });
  return addExample(
    command,
    'bellhop room create --name Ops --alias ops --invite @me:example.org',
    'bellhop room create --name Secrets --alias secrets --encrypted',
    'id=$(bellhop room create -q --name Builds)',
  );
}

/** The only encryption that the specification has (Client-Server API §10.12.2). */
const encryption = {
  type: 'm.room.encryption',
  stateKey: '',
  content: { algorithm: 'm.megolm.v1.aes-sha2' },
};

async function create(
  session: Session,
  options: CreateOptions,
  invite: readonly ReturnType<typeof needUserId>[],
  signal: AbortSignal,
): Promise<CreatedRoom> {
  const { createRoom } = await import('../../../matrix/rooms.ts');
  const { roomState } = await import('../../../matrix/state.ts');
  const server = serverName(session.userId);
  const aliasLocalpart = localpartOf(options.alias, server);
  const isPublic = options.public === true;
  const room = {
    name: options.name,
    topic: options.topic,
    aliasLocalpart,
    preset: isPublic ? 'public_chat' : 'private_chat',
    visibility: isPublic ? 'public' : 'private',
    invite,
    initialState: options.encrypted === true ? [encryption] : undefined,
  } as const;
  const roomId = await createRoom(session, room, signal);
  // Some homeservers encrypt every room.
  const found = await roomState(session, roomId, 'm.room.encryption', '', signal);
  const alias = aliasLocalpart === undefined ? undefined : `#${aliasLocalpart}:${server}`;
  return { roomId, alias, isEncrypted: found !== undefined };
}

/** @throws Failure usage for an alias of another server */
function localpartOf(alias: string | undefined, server: string): string | undefined {
  if (alias === undefined) return undefined;
  if (!alias.startsWith('#')) {
    if (/^[^:\s]+$/.test(alias)) return alias;
    throw new Failure('usage', { detail: `"${alias}" is no alias such as ops or #ops:${server}.` });
  }
  const parsed = parseRoomAlias(alias);
  if (parsed !== undefined && serverName(parsed) === server) return localpart(parsed);
  throw new Failure('usage', {
    detail: `An alias of this account's rooms ends in :${server}; "${alias}" does not.`,
  });
}

/** A name that the configuration takes: from the alias, else from what people see. */
function nameFor({ alias, name }: CreateOptions): string {
  const text = (alias?.replace(/^#([^:]*).*$/, '$1') ?? name ?? '').toLowerCase();
  const words = text.replace(/[^a-z0-9_.-]+/g, '-').replace(/^[^a-z]+|-+$/g, '');
  return words === '' ? 'ops' : words.slice(0, 64);
}

function configLine(name: string, room: string, account: string | undefined): string {
  const value = account === undefined ? `"${room}"` : `{ room: "${room}", account: ${account} }`;
  return `rooms:\n  ${name}: ${value}`;
}
