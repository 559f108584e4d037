import { describeStep } from '../../../deployment/describe-plan.ts';
import type { Finding, Plan, Step } from '../../../deployment/plan.ts';

/** Members that are undefined are left out. */
type Json = Readonly<Record<string, unknown>>;

/** A plan as `--json` prints it. */
export function planJson({ steps, findings }: Plan): Json {
  return { steps: steps.map(stepJson), findings: findings.map(findingJson) };
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
