import type { RoomAlias, UserId } from '../../matrix/ids.ts';
import type { DesiredRoom } from '../desired.ts';
import { type Marker, markerOf } from './marker.ts';
import type { ObservedRoom, SeenRoom } from './observed.ts';
import type { RoomView } from './room-view.ts';

/** For which deployment an alias would be taken, and from what is there for its room. */
export interface AliasClaim {
  readonly room: DesiredRoom;
  readonly observed: ObservedRoom;
  readonly deploymentName: string;
  readonly botUserId: UserId;
}

/** An alias of the file that stays where it leads. */
export interface TakenElsewhere {
  readonly reason: string;
  readonly wayOut: string;
}

/**
 * Why an alias of the file may not be taken from the room it leads to; undefined: it may, as it was this room's before, or
 * leads to a room of this deployment, or to one that this room continues; or the file takes it from anybody.
 */
export function takenElsewhere(
  alias: RoomAlias,
  { roomId, view }: SeenRoom,
  claim: AliasClaim,
): TakenElsewhere | undefined {
  const { room, observed } = claim;
  const isFormer = observed.chain.some(
    (seen) => seen.roomId === roomId || seen.view?.predecessor === roomId,
  );
  const isOurs = view !== undefined && isOfDeployment(view, claim);
  if (room.taken === 'replace' || isFormer || isOurs || wasHere(alias, claim)) return undefined;
  return {
    reason: `${alias} leads to ${roomId}, which ${view?.create?.sender ?? 'somebody else'} made and which is none of this deployment.`,
    wayOut:
      'Let it be freed there, take it out of the file, or set `if_taken: replace` to move it here.',
  };
}

/** A room that the bot made and left half made says nothing of itself. */
function isOfDeployment(view: RoomView, { deploymentName, botUserId }: AliasClaim): boolean {
  const marker = markerOf(view, botUserId);
  if (marker !== undefined) return marker.deployment === deploymentName;
  return view.create?.sender === botUserId;
}

/** Whoever moved it away since took it from us. */
function wasHere(alias: RoomAlias, claim: AliasClaim): boolean {
  return claim.observed.chain.some(
    ({ view }) => view !== undefined && (ownMarker(view, claim)?.aliases.includes(alias) ?? false),
  );
}

/** The marker of a room that says to be the room of this key. */
function ownMarker(
  view: RoomView,
  { room, deploymentName, botUserId }: AliasClaim,
): Marker | undefined {
  const marker = markerOf(view, botUserId);
  return marker?.key === room.key && marker.deployment === deploymentName ? marker : undefined;
}
