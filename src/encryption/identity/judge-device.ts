import { hasDevice } from '../../matrix/devices.ts';
import { isJsonObject } from '../../matrix/json.ts';
import type { PublishedKeys } from '../../matrix/keys.ts';
import type { IdentityContext } from './identity-context.ts';
import { isOutdated, type StartRecord, writeStartRecord } from './start-record.ts';

/**
 * Whether the device and its store belong together, and the store is no old copy; undefined: all is well. What is said
 * here once is said for ever: only a new device helps.
 */
export async function judgeDevice(
  context: IdentityContext,
  published: PublishedKeys,
  record: StartRecord | undefined,
): Promise<'device-gone' | 'store-is-old' | undefined> {
  if (await isGone(context, published)) {
    await rememberLoss(context, record);
    return 'device-gone';
  }
  if (record === undefined || !isOutdated(record, context)) return undefined;
  if (!record.outdated) await writeStartRecord(context, { ...record, outdated: true });
  return 'store-is-old';
}

async function isGone(context: IdentityContext, published: PublishedKeys): Promise<boolean> {
  const { device, session } = context;
  const shown = published.devices.get(session.deviceId);
  if (shown === undefined) return !(await isAwaited(context));
  return shown.ed25519 !== device.opened.keys.ed25519;
}

/** Opening the store has made another in its place; whoever looks from outside could not tell it from the lost one. */
async function rememberLoss(
  context: IdentityContext,
  record: StartRecord | undefined,
): Promise<void> {
  if (record?.lost === true) return;
  const unknown = { starts: 0, opening: undefined, masterKey: undefined, outdated: false };
  await writeStartRecord(context, { ...unknown, ...record, lost: true });
}

/** Whether the device is there and its keys have yet to be uploaded; what was uploaded before is not uploaded again. */
async function isAwaited({ device, session, signal }: IdentityContext): Promise<boolean> {
  const requests = await device.outgoing();
  const awaited = requests.some(
    ({ kind, body }) => kind === 'keys-upload' && hasDeviceKeys(JSON.parse(body)),
  );
  return awaited && (await hasDevice(session, session.deviceId, signal));
}

const hasDeviceKeys = (body: unknown): boolean =>
  isJsonObject(body) && isJsonObject(body['device_keys']);
