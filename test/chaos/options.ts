import { parseArgs } from 'node:util';

export const sabotages = ['late-ack', 'new-txn', 'reorder'] as const;
export type Sabotage = (typeof sabotages)[number];

export interface ChaosOptions {
  readonly kills: number;
  readonly rooms: number;
  readonly clients: number;
  readonly seed: number;
  /** Share of requests that the homeserver answers wrongly. */
  readonly faultShare: number;
  /** Breaks a guarantee on purpose, to see that the checker notices. */
  readonly sabotage: Sabotage | undefined;
}

function whole(name: string, text: string, min: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < min) {
    throw new Error(`--${name} takes a whole number from ${min}`);
  }
  return value;
}

/** The options of `npm run chaos`. @throws Error for what it does not know */
export function readChaosOptions(args: readonly string[], defaultSeed: number): ChaosOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      kills: { type: 'string', default: '50' },
      rooms: { type: 'string', default: '20' },
      clients: { type: 'string', default: '4' },
      seed: { type: 'string', default: String(defaultSeed) },
      faults: { type: 'string', default: '5' },
      sabotage: { type: 'string' },
    },
  });
  const sabotage = sabotages.find((name) => name === values.sabotage);
  if (values.sabotage !== undefined && sabotage === undefined) {
    throw new Error(`--sabotage takes one of ${sabotages.join(', ')}`);
  }
  return {
    kills: whole('kills', values.kills, 0),
    rooms: whole('rooms', values.rooms, 1),
    clients: whole('clients', values.clients, 1),
    seed: whole('seed', values.seed, 0),
    faultShare: whole('faults', values.faults, 0) / 100,
    sabotage,
  };
}
