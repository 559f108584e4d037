import {
  CollectStrategy,
  EncryptionAlgorithm,
  EncryptionSettings,
  HistoryVisibility,
} from '@matrix-org/matrix-sdk-crypto-wasm';
import { Failure } from '../../errors.ts';
import { isJsonObject, type JsonObject } from '../../matrix/json.ts';
import type { RoomFacts, Sharing } from '../crypto-device.ts';

const megolm = 'm.megolm.v1.aes-sha2';

/** The specification's advice where a room says nothing: a week, or 100 messages. */
const rotationMsDefault = 604_800_000;
const rotationMessagesDefault = 100;
/** The engine rotates no more often than hourly; a key older than a year would open too much at once. */
const rotationMsMin = 3_600_000;
const rotationMsMax = 365 * 86_400_000;
/** The engine takes no more than 10,000 messages for one key. */
const rotationMessagesMax = 10_000;

const visibilities = {
  invited: HistoryVisibility.Invited,
  joined: HistoryVisibility.Joined,
  shared: HistoryVisibility.Shared,
  world_readable: HistoryVisibility.WorldReadable,
} as const;

/** When a room's key is replaced, within what is sane. */
export interface Rotation {
  readonly periodMs: number;
  readonly messages: number;
}

/** What the content of an `m.room.encryption` event asks for; undefined: an algorithm that is not Megolm, or none. */
export function rotationOf(encryption: string): Rotation | undefined {
  const content = parseObject(encryption);
  if (content?.['algorithm'] !== megolm) return undefined;
  const { rotation_period_ms: periodMs, rotation_period_msgs: messages } = content;
  return {
    periodMs: within(periodMs, rotationMsMin, rotationMsMax, rotationMsDefault),
    messages: within(messages, 1, rotationMessagesMax, rotationMessagesDefault),
  };
}

/**
 * How a room's key is made and to whom it goes. The object is used up by the call that takes it.
 *
 * @throws Failure undeliverable when the room asks for another algorithm than Megolm
 */
export function settingsOf(
  facts: Pick<RoomFacts, 'encryption' | 'historyVisibility'>,
  sharing: Sharing,
): EncryptionSettings {
  const rotation = rotationOf(facts.encryption);
  if (rotation === undefined) {
    const detail = `The room is encrypted in another way than ${megolm}, the only one that Bellhop knows.`;
    throw new Failure('undeliverable', { detail });
  }
  const settings = new EncryptionSettings();
  settings.algorithm = EncryptionAlgorithm.MegolmV1AesSha2;
  // The engine counts microseconds.
  settings.rotationPeriod = BigInt(rotation.periodMs) * 1000n;
  settings.rotationPeriodMessages = BigInt(rotation.messages);
  settings.historyVisibility = visibilities[facts.historyVisibility];
  settings.sharingStrategy =
    sharing === 'cross-signed'
      ? CollectStrategy.identityBasedStrategy()
      : CollectStrategy.allDevices();
  return settings;
}

/** Who gets a room's key: its members, and the invited too unless only members may read what was said before they joined. */
export function readersOf(facts: RoomFacts): readonly string[] {
  return facts.historyVisibility === 'joined' ? facts.joined : [...facts.joined, ...facts.invited];
}

function within(value: unknown, min: number, max: number, otherwise: number): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) return otherwise;
  return Math.min(Math.max(Math.trunc(value), min), max);
}

function parseObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
