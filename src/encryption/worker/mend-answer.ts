import { isJsonObject, type JsonObject, objectOf } from '../../matrix/json.ts';
import type { DeviceRequest } from '../crypto-device.ts';
import { jsonText } from '../json-text.ts';
import { userIds } from './receive-sync.ts';

/** `signed_curve25519:AAAAHQ`, as one-time keys are named. */
const keyIdPattern = /^\w+:/;

/** One value of an answer as the engine can read it; undefined: it is left out. */
type Mend = (value: unknown) => unknown;

const signedObject: Mend = (value) =>
  isJsonObject(value) && jsonText(value) !== undefined ? value : undefined;
const devicesOfUser: Mend = (value) => mendMembers(value, signedObject);
const claimsOfUser: Mend = (value) => mendMembers(value, oneTimeKeys);
const oneTimeKeys: Mend = (value) =>
  mendMembers(value, signedObject, (keyId) => keyIdPattern.test(keyId));

/** The members of answers that hold, by user, what users' own servers say; homeservers pass it on as it came. */
const parts: Partial<Record<DeviceRequest['kind'], Readonly<Record<string, Mend>>>> = {
  'keys-query': {
    device_keys: devicesOfUser,
    master_keys: signedObject,
    self_signing_keys: signedObject,
    user_signing_keys: signedObject,
  },
  'keys-claim': { one_time_keys: claimsOfUser },
};

/**
 * An answer without what another server, or somebody behind it, made such that the engine refuses the whole of it: a user
 * has no devices then, or a device no key. Undefined: it is the homeserver's own part that is wrong.
 */
export function mendAnswer(kind: DeviceRequest['kind'], answer: string): string | undefined {
  const mends = parts[kind];
  const given = parse(answer);
  if (mends === undefined || given === undefined) return undefined;
  const mended: Record<string, unknown> = { failures: given['failures'] };
  for (const [name, mend] of Object.entries(mends)) {
    const part = given[name];
    if (part !== undefined && !isJsonObject(part)) return undefined;
    mended[name] = part && mendMembers(part, mend, isUserId);
  }
  return JSON.stringify(mended);
}

/** What is no object has no members. */
function mendMembers(
  value: unknown,
  mend: Mend,
  isName: (name: string) => boolean = () => true,
): JsonObject {
  const members = Object.entries(objectOf(value) ?? {})
    .filter(([name]) => isName(name))
    .map(([name, member]) => [name, mend(member)] as const)
    .filter(([, member]) => member !== undefined);
  return Object.fromEntries(members);
}

const isUserId = (name: string): boolean => userIds([name]).length === 1;

function parse(text: string): JsonObject | undefined {
  try {
    return objectOf(JSON.parse(text));
  } catch {
    return undefined;
  }
}
