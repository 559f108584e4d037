import type { RoomId } from '../../matrix/ids.ts';
import type { DesiredDeployment, DesiredRoom } from '../desired.ts';
import { type Choice, chooseRoom } from '../observed/choose-room.ts';
import { nothingFound, type ObservedDeployment } from '../observed/observed.ts';
import type { Finding, Plan, Step } from './plan.ts';
import type { PlanContext } from './plan-context.ts';
import { planCreation } from './plan-creation.ts';
import { planLinks } from './plan-links.ts';
import { planRoom } from './plan-room.ts';
import { roomIdOf } from './room-id-of.ts';

/**
 * The steps from what is there to what the file says, and what no step mends. Pure: the same file and the same
 * homeserver give the same plan, and a homeserver that is as the file says gives none.
 */
export function planDeployment(deployment: DesiredDeployment, observed: ObservedDeployment): Plan {
  const { botUserId } = observed;
  const choices = choicesOf(deployment, observed);
  const context: PlanContext = {
    deployment,
    observed,
    botUserId,
    choices,
    idOf: (key) => chosenId(choices.get(key)) ?? roomIdOf(key),
    space: deployment.rooms.find(({ kind }) => kind === 'space'),
  };
  const plans = deployment.rooms.map((room) => planOf(room, context));
  plans.push(planLinks(context));
  return {
    steps: plans.flatMap((plan): readonly Step[] => plan.steps),
    findings: plans.flatMap((plan): readonly Finding[] => plan.findings),
  };
}

/** The rooms that the keys of the file mean, as far as they are there. */
export function chosenRooms(
  deployment: DesiredDeployment,
  observed: ObservedDeployment,
): Map<string, RoomId> {
  const rooms = new Map<string, RoomId>();
  for (const [key, choice] of choicesOf(deployment, observed)) {
    if (choice.kind === 'use') rooms.set(key, choice.room.roomId);
  }
  return rooms;
}

function choicesOf(
  deployment: DesiredDeployment,
  observed: ObservedDeployment,
): Map<string, Choice> {
  return new Map(
    deployment.rooms.map((room) => {
      const found = observed.rooms.get(room.key) ?? nothingFound;
      return [room.key, chooseRoom(room, found, deployment, observed.botUserId)];
    }),
  );
}

function planOf(room: DesiredRoom, context: PlanContext): Plan {
  const choice = context.choices.get(room.key);
  switch (choice?.kind) {
    case undefined:
    case 'create':
      return planCreation(room, choice?.why ?? 'there is none', context);
    case 'use':
      return planRoom(room, choice.room, context);
    case 'unseen': {
      const finding = { kind: 'note', key: room.key, field: undefined, wayOut: undefined } as const;
      return { steps: [], findings: [{ ...finding, reason: choice.reason }] };
    }
    case 'stuck': {
      const { reason, wayOut } = choice;
      return {
        steps: [],
        findings: [{ kind: 'unfixable', key: room.key, field: undefined, reason, wayOut }],
      };
    }
  }
}

function chosenId(choice: Choice | undefined): RoomId | undefined {
  return choice?.kind === 'use' ? choice.room.roomId : undefined;
}
