import type { Sharing } from '../../config/config.ts';
import { plainRoom } from '../../config/plain-room.ts';
import { Failure } from '../../errors.ts';
import { parseRoomReference } from '../../matrix/ids.ts';
import type { Destination } from '../../routing/destination.ts';

/** Where a secret is; as in the configuration. */
export type SettingsSecret = { readonly file: string } | { readonly inline: string };

export interface SendAccount {
  readonly name: string;
  readonly userId: string | undefined;
  readonly homeserver: string | undefined;
  readonly accessToken: SettingsSecret | undefined;
  readonly password: SettingsSecret | undefined;
  readonly sharing: Sharing;
}

export interface SendRoom extends Destination {
  readonly encryption: 'auto' | 'required';
  readonly sharing: Sharing | undefined;
}

/** What `send` needs of the configuration: plain data, so that it can be kept beside it in a form that is quick to read. */
export interface SendSettings {
  readonly dataDir: string;
  readonly limits: { readonly queued: number; readonly queuedPerSource: number };
  readonly accounts: readonly SendAccount[];
  readonly rooms: readonly SendRoom[];
  readonly encryptionKeyPath: string | undefined;
  readonly defaultRoom: string | undefined;
  /** Who speaks in rooms that nobody has configured; undefined: there is a file, which would have to name them. */
  readonly anyRoomAccount: string | undefined;
}

/** The room to send to: a configured name, or a room id or alias as it is configured. */
export function findRoom(settings: SendSettings, named: string | undefined): SendRoom | undefined {
  const name = named ?? settings.defaultRoom;
  return settings.rooms.find((room) => room.name === name || room.room === name);
}

/** A room that no file has to name, by its id or alias. */
export function findForeignRoom(settings: SendSettings, named: string): SendRoom | undefined {
  const { anyRoomAccount: account } = settings;
  const reference = parseRoomReference(named);
  if (account === undefined || reference === undefined) return undefined;
  if (findRoom(settings, named) !== undefined) return undefined;
  return plainRoom(reference, reference, account);
}

/** Nobody said which room, neither the call nor the environment nor the configuration. */
export function roomMissing(): Failure {
  return new Failure('usage', { detail: 'Name a room with --room, or set BELLHOP_ROOM.' });
}
