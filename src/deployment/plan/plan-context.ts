import type { UserId } from '../../matrix/ids.ts';
import type { DesiredDeployment, DesiredRoom } from '../desired.ts';
import type { Choice } from '../observed/choose-room.ts';
import type { ObservedDeployment } from '../observed/observed.ts';

/** What the plans for single rooms share. */
export interface PlanContext {
  readonly deployment: DesiredDeployment;
  readonly observed: ObservedDeployment;
  readonly botUserId: UserId;
  readonly choices: ReadonlyMap<string, Choice>;
  /** A room's id, or what stands in for it. */
  readonly idOf: (key: string) => string;
  readonly space: DesiredRoom | undefined;
}

/** Whether the room's space is neither there nor to be made: what would name it has to wait. */
export function isSpaceStuck({ space, choices }: PlanContext): boolean {
  return space !== undefined && choices.get(space.key)?.kind === 'stuck';
}
