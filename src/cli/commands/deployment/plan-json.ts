import { describeBotStep, describeStep } from '../../../deployment/plan/describe-plan.ts';
import type { BotStep, Finding, Plan, Step } from '../../../deployment/plan/plan.ts';

/** Members that are undefined are left out. */
type Json = Readonly<Record<string, unknown>>;

/** A plan as `--json` prints it. */
export function planJson({ bot, steps, findings }: Plan): Json {
  const first = bot === undefined ? [] : [botStepJson(bot)];
  return { steps: [...first, ...steps.map(stepJson)], findings: findings.map(findingJson) };
}

/** It is of no room. */
function botStepJson(step: BotStep): Json {
  const { kind, userId, why } = step;
  const damage = step.kind === 'mend' ? step.damage : undefined;
  return { kind, bot: userId, damage, why, text: describeBotStep(step) };
}

/** A step: what all have, and what its kind has beside it. */
export function stepJson(step: Step): Json {
  const { kind, key: room, why } = step;
  return { kind, room, why, ...detailsOf(step), text: describeStep(step) };
}

export function findingJson({ kind, key: room, field, reason, wayOut }: Finding): Json {
  return { kind, room, field, reason, way_out: wayOut };
}

function detailsOf(step: Step): Json {
  switch (step.kind) {
    case 'create':
      return { wanted: step.room };
    case 'enter':
      return { room_id: step.roomId, how: step.how };
    case 'regain':
      return { room_id: step.roomId };
    case 'free_alias':
    case 'put_alias':
      return { room_id: step.roomId, alias: step.alias };
    case 'pin':
      return { room_id: step.roomId, wanted: step.text };
    case 'set': {
      const { field, roomId, type, stateKey, found, content } = step;
      return { field, room_id: roomId, type, state_key: stateKey, found, wanted: content };
    }
  }
}
