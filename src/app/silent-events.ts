import type { EngineEvents } from './engine.ts';

const ignore = (): void => undefined;

/** Listens to nothing: for programs that ask for the status themselves. */
export const silentEvents: EngineEvents = {
  attempted: ignore,
  settled: ignore,
  laneWaits: ignore,
  roomUpgraded: ignore,
  storeFailed: ignore,
  account: ignore,
  identity: ignore,
  crashed: ignore,
  withheld: ignore,
};
