import { type RoomId, serverName, type UserId } from '../../matrix/ids.ts';
import type { DesiredDeployment, DesiredRoom } from '../desired.ts';
import { takenElsewhere } from './alias-owner.ts';
import { markerOf } from './marker.ts';
import type { ObservedRoom } from './observed.ts';
import type { RoomView } from './room-view.ts';

/** Which room is meant by a key of the file. */
export type Choice =
  | { readonly kind: 'use'; readonly room: RoomView; readonly former: readonly RoomId[] }
  | { readonly kind: 'create'; readonly why: string; readonly former: readonly RoomId[] }
  | { readonly kind: 'stuck'; readonly reason: string; readonly wayOut: string }
  /** Nobody could look. */
  | { readonly kind: 'unseen'; readonly reason: string };

/** Whether it is not known which room a key means, or there is to be none. */
export function isUnknown(
  choice: Choice | undefined,
): choice is Extract<Choice, { kind: 'stuck' | 'unseen' }> {
  return choice?.kind === 'stuck' || choice?.kind === 'unseen';
}

const ends = {
  closed: 'was closed and nothing came after it',
  circle: 'was replaced by rooms that lead back to it',
  endless: 'was replaced too many times in a row',
  unproven: 'was closed, and the room it names does not name it as its predecessor',
} as const;

const replaceIt = 'Set `if_taken: replace` to have another room made, or name a room with `room`.';

/** Decides which room is meant: one that is there, a new one, or neither. */
export function chooseRoom(
  room: DesiredRoom,
  observed: ObservedRoom,
  deployment: DesiredDeployment,
  botUserId: UserId,
): Choice {
  const choice = choose(room, observed, deployment, botUserId);
  const target = room.alias === undefined ? undefined : observed.aliases.get(room.alias);
  if (choice.kind !== 'create' || room.alias === undefined || target === undefined) return choice;
  // The alias is a part of the creation, which would fail.
  const claim = { room, observed, deploymentName: deployment.name, botUserId };
  const taken = takenElsewhere(room.alias, target, claim);
  return taken === undefined ? choice : { kind: 'stuck', ...taken };
}

function choose(
  room: DesiredRoom,
  observed: ObservedRoom,
  deployment: DesiredDeployment,
  botUserId: UserId,
): Choice {
  if (observed.unreadable !== undefined) {
    const reason = `The homeserver does not show the room: ${observed.unreadable}.`;
    return { kind: 'stuck', reason, wayOut: 'See the log of the homeserver.' };
  }
  if (observed.unseen !== undefined) return { kind: 'unseen', reason: observed.unseen };
  const last = observed.chain.at(-1);
  if (last === undefined) return absent(room);
  const gone = whyGone(observed, last.view, deployment.serverName);
  if (gone !== undefined || last.view === undefined) {
    if (observed.foundBy !== 'name') return remade(observed, gone ?? 'is gone');
    const reason = `The room that the file names, ${last.roomId}, ${gone ?? 'is gone'}.`;
    return { kind: 'stuck', reason, wayOut: 'Take `room` out of the file, or name another.' };
  }
  const owner = ownerOf(room, observed, deployment, botUserId);
  if (owner === 'of another deployment') return contested(room, observed, last.view);
  return last.view.isSpace === (room.kind === 'space')
    ? claim(room, observed, last.view, owner)
    : mistyped(room, observed, last.view, owner === 'ours' && isAlone(last.view, botUserId));
}

function remade({ chain }: ObservedRoom, why: string): Choice {
  const former = chain.map(({ roomId }) => roomId);
  return { kind: 'create', why: `${former.at(-1)} ${why}`, former };
}

function claim(room: DesiredRoom, observed: ObservedRoom, view: RoomView, owner: Owner): Choice {
  const former = observed.chain.slice(0, -1).map(({ roomId }) => roomId);
  // After an upgrade that was followed only half way, the new room alone is found.
  if (view.predecessor !== undefined) former.push(view.predecessor);
  if (owner === 'ours') return { kind: 'use', room: view, former };
  if (owner === 'of another key') return remade(observed, 'is another room of the file');
  if (room.taken === 'adopt') return { kind: 'use', room: view, former };
  if (room.taken === 'replace') return remade(observed, 'was not made by the bot');
  return {
    kind: 'stuck',
    reason: `The alias leads to ${view.roomId}, which ${view.create?.sender ?? 'somebody else'} made.`,
    wayOut:
      'Set `if_taken: adopt` if the room may be trusted with everybody in it, or `if_taken: replace` to move the alias to a new room.',
  };
}

/** Two deployments that both took it would move it to and fro. */
function contested(room: DesiredRoom, observed: ObservedRoom, view: RoomView): Choice {
  if (room.taken === 'replace') return remade(observed, 'is a room of another deployment');
  return {
    kind: 'stuck',
    reason: `The alias leads to ${view.roomId}, which is a room of another deployment of the same bot.`,
    wayOut:
      'Give the file the `name` that it had, or the room another alias; take it over with `room`, or set `if_taken: replace` to move the alias to a new room.',
  };
}

/** `isUnused`: nobody but the bot ever was in it, so it is one that was left half made. */
function mistyped(
  room: DesiredRoom,
  observed: ObservedRoom,
  view: RoomView,
  isUnused: boolean,
): Choice {
  const type = view.isSpace ? 'is a space' : 'is no space';
  if (isUnused || room.taken === 'replace') return remade(observed, type);
  return {
    kind: 'stuck',
    reason: `${view.roomId} ${type}, which can never be changed.`,
    wayOut: replaceIt,
  };
}

function absent(room: DesiredRoom): Choice {
  if (room.room === undefined) return { kind: 'create', why: 'there is none', former: [] };
  return {
    kind: 'stuck',
    reason: `The file names the room ${room.room}, and the homeserver does not know it.`,
    wayOut: 'Take `room` out of the file, or name another.',
  };
}

function whyGone(
  { end }: ObservedRoom,
  view: RoomView | undefined,
  localServer: string,
): string | undefined {
  if (view?.create === undefined) return 'is not there any more';
  if (end !== 'open') return ends[end];
  const isAlive = [...view.memberships].some(
    ([userId, membership]) => membership === 'join' && serverName(userId) === localServer,
  );
  return isAlive ? undefined : 'has no members on this homeserver any more';
}

type Owner = 'ours' | 'of another key' | 'of another deployment' | 'unknown';

/** Who meant this room for what: the bot by its marker, whoever wrote the file, or the bot that made it. */
function ownerOf(
  room: DesiredRoom,
  { chain, foundBy }: ObservedRoom,
  { name }: DesiredDeployment,
  botUserId: UserId,
): Owner {
  if (foundBy === 'name' || foundBy === 'marker') return 'ours';
  // An upgrade is proven by both its ends, so what came after a room of ours is ours.
  const view = chain[0]?.view;
  const marker = view === undefined ? undefined : markerOf(view, botUserId);
  if (marker === undefined) return view?.create?.sender === botUserId ? 'ours' : 'unknown';
  if (marker.deployment !== name) return 'of another deployment';
  return marker.key === room.key ? 'ours' : 'of another key';
}

/** Whether nobody but this user ever had to do with a room. */
export function isAlone(view: RoomView, userId: UserId): boolean {
  return [...view.contentsOf('m.room.member').keys()].every((member) => member === userId);
}
