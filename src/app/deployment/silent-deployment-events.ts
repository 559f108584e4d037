import type { DeploymentEvents } from './deployment-events.ts';

const ignore = (): void => undefined;

/** Listens to nothing: for programs that ask for the result themselves. */
export const silentDeploymentEvents: DeploymentEvents = {
  bot: ignore,
  step: ignore,
  applied: ignore,
  declared: ignore,
  peopleRound: ignore,
  failed: ignore,
};
