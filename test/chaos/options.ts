import { parseArgs } from 'node:util';

/** What is put to the test: delivery in clear, delivery into encrypted rooms, or that no key given to us is lost. */
export type ChaosMode = 'plain' | 'encrypted' | 'receiver';

export type Sabotage =
  | 'late-ack'
  | 'new-txn'
  | 'reorder'
  | 'late-ratchet'
  | 'reencrypt'
  | 'no-group';

type SabotageModes = Readonly<Record<Sabotage, readonly ChaosMode[]>>;

/** What breaks a guarantee on purpose, and in which mode there is that guarantee. */
const sabotageModes: SabotageModes = {
  'late-ack': ['plain', 'encrypted'],
  'new-txn': ['plain', 'encrypted'],
  reorder: ['plain', 'encrypted'],
  'late-ratchet': ['encrypted'],
  reencrypt: ['encrypted'],
  'no-group': ['receiver'],
};
export const sabotages: readonly Sabotage[] = Object.keys(sabotageModes) as Sabotage[];

export interface ChaosOptions {
  readonly mode: ChaosMode;
  readonly kills: number;
  readonly rooms: number;
  readonly clients: number;
  /** So many in all rooms together, and a share of them in each life; undefined: as many as there is time for. */
  readonly messages: number | undefined;
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

/** @throws Error for a sabotage that is not known, or breaks nothing that this mode promises */
function readSabotage(name: string | undefined, mode: ChaosMode): Sabotage | undefined {
  if (name === undefined) return undefined;
  const sabotage = sabotages.find((one) => one === name);
  if (sabotage === undefined) throw new Error(`--sabotage takes one of ${sabotages.join(', ')}`);
  const modes = sabotageModes[sabotage];
  if (!modes.includes(mode)) throw new Error(`--sabotage ${sabotage} is for ${modes.join(', ')}`);
  return sabotage;
}

function readMode(isEncrypted: boolean, isReceiver: boolean): ChaosMode {
  if (isEncrypted && isReceiver) throw new Error('--encrypted and --receiver are two runs');
  if (isReceiver) return 'receiver';
  return isEncrypted ? 'encrypted' : 'plain';
}

/** The options of `npm run chaos`. @throws Error for what it does not know */
export function readChaosOptions(args: readonly string[], defaultSeed: number): ChaosOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      encrypted: { type: 'boolean', default: false },
      receiver: { type: 'boolean', default: false },
      kills: { type: 'string', default: '50' },
      rooms: { type: 'string', default: '20' },
      clients: { type: 'string', default: '4' },
      messages: { type: 'string' },
      seed: { type: 'string', default: String(defaultSeed) },
      faults: { type: 'string', default: '5' },
      sabotage: { type: 'string' },
    },
  });
  const { messages } = values;
  const mode = readMode(values.encrypted, values.receiver);
  return {
    mode,
    kills: whole('kills', values.kills, 0),
    rooms: whole('rooms', values.rooms, 1),
    clients: whole('clients', values.clients, 1),
    messages: messages === undefined ? undefined : whole('messages', messages, 1),
    seed: whole('seed', values.seed, 0),
    faultShare: whole('faults', values.faults, 0) / 100,
    sabotage: readSabotage(values.sabotage, mode),
  };
}
