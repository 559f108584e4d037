import { localpart } from '../../matrix/ids.ts';
import type { NewRoom } from '../../matrix/rooms.ts';
import type { DesiredRoom } from '../desired.ts';
import { levelsAtCreation } from '../levels/power.ts';
import { markerContent, markerType } from '../observed/marker.ts';
import { choosesVersion, tooOldFor } from './choose-version.ts';
import type { Finding, Plan, Step } from './plan.ts';
import { isSpaceStuck, type PlanContext } from './plan-context.ts';
import { refusedAliases } from './refused-aliases.ts';
import { roomIdOf } from './room-id-of.ts';
import { wantedState } from './wanted-state.ts';

/** The steps that make a room, complete in one request so that it is never more open than the file says. */
export function planCreation(room: DesiredRoom, why: string, context: PlanContext): Plan {
  const { deployment, observed } = context;
  if (room.kind === 'room' && isSpaceStuck(context)) {
    const reason = 'The room is not made: the space it belongs to is not there.';
    const finding: Finding = {
      kind: 'unfixable',
      key: room.key,
      field: undefined,
      reason,
      wayOut: undefined,
    };
    return { steps: [], findings: [finding] };
  }
  const version = choosesVersion(deployment.roomVersion, observed.roomVersions);
  const problem =
    version.kind === 'none' ? version.reason : tooOldFor(room.joinRule.value, version.roomVersion);
  if (version.kind === 'none' || problem !== undefined) {
    const finding: Finding = {
      kind: 'unfixable',
      key: room.key,
      field: 'room_version',
      reason: `The room is not made: ${problem}`,
      wayOut: 'Set `room_version` to one that the homeserver offers.',
    };
    return { steps: [], findings: [finding] };
  }
  return stepsOf(room, why, newRoom(room, version.roomVersion, context), context);
}

function stepsOf(room: DesiredRoom, why: string, made: NewRoom, context: PlanContext): Plan {
  const { key, alias } = room;
  const found = context.observed.rooms.get(key)?.aliases;
  const refused = refusedAliases(room, context);
  const aliases = room.aliases.filter((name) => !refused.has(name));
  const freed = [alias, ...aliases].flatMap((name): Step[] => {
    const target = name === undefined ? undefined : found?.get(name);
    if (name === undefined || target === undefined) return [];
    return [{ kind: 'free_alias', key, alias: name, roomId: target.roomId, why }];
  });
  const roomId = roomIdOf(key);
  const steps: Step[] = [
    ...freed,
    { kind: 'create', key, why, room: made },
    ...aliases.map((name): Step => ({ kind: 'put_alias', key, alias: name, roomId, why })),
  ];
  if (room.pinned !== undefined) {
    steps.push({ kind: 'pin', key, roomId, text: room.pinned.value, why });
  }
  return { steps, findings: [...refused.values()] };
}

function newRoom(
  room: DesiredRoom,
  roomVersion: string | undefined,
  context: PlanContext,
): NewRoom {
  const { deployment, botUserId, space } = context;
  const spaceId = space === undefined || space === room ? undefined : context.idOf(space.key);
  const { name: deploymentName, serverName } = deployment;
  return {
    aliasLocalpart: room.alias === undefined ? undefined : localpart(room.alias),
    preset: 'private_chat',
    visibility: 'private',
    roomVersion,
    creationContent: {
      ...(room.kind === 'space' ? { type: 'm.space' } : {}),
      ...(deployment.federation ? {} : { 'm.federate': false }),
    },
    initialState: [
      ...wantedState(room, { spaceId, serverName }).map(({ type, stateKey, content }) => ({
        type,
        stateKey,
        content: content(undefined),
      })),
      {
        type: markerType,
        stateKey: '',
        content: markerContent({
          deployment: deploymentName,
          key: room.key,
          // The room is not made where its alias is taken; the others are noted once they lead to it.
          aliases: room.alias === undefined ? [] : [room.alias],
          pinned: undefined,
        }),
      },
    ],
    // The levels depend on the version: where it is not known nothing is made yet.
    powerLevelContentOverride:
      roomVersion === undefined ? undefined : levelsAtCreation(room, { roomVersion, botUserId }),
  };
}
