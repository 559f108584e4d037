import { accountDataContent, putAccountDataContent } from '../../matrix/account-data-content.ts';
import { textOf } from '../../matrix/json.ts';
import type { IdentityContext } from './identity-context.ts';

/**
 * What the account data of a device remember of its encryption store, under `org.bellhop.device.DEVICE_ID`. A store that
 * has been opened less often than this says is an old copy: its ratchets have been used beyond where it stands.
 */
export interface StartRecord {
  /** How often the store had been opened when it was last fit for use. */
  readonly starts: number;
  /** Which opening that was, for two copies of a store that count alike. */
  readonly opening: string | undefined;
  /** Public master key of the identity it then had. */
  readonly masterKey: string | undefined;
  /** An old copy was seen: it counts on with every start, so the device must not be trusted again. */
  readonly outdated: boolean;
  /** The device's own store is gone: what lies in its place now belongs to nobody. */
  readonly lost: boolean;
}

const typeOf = (deviceId: string): string => `org.bellhop.device.${deviceId}`;

/** Undefined: the store was never fit for use. */
export async function readStartRecord({
  session,
  signal,
}: Pick<IdentityContext, 'session' | 'signal'>): Promise<StartRecord | undefined> {
  const content = await accountDataContent(session, typeOf(session.deviceId), signal);
  const starts = content?.['starts'];
  if (content === undefined || typeof starts !== 'number') return undefined;
  return {
    starts,
    opening: textOf(content['opening']),
    masterKey: textOf(content['master_key']),
    outdated: content['outdated'] === true,
    lost: content['lost'] === true,
  };
}

/** Writes it in place of the one before. */
export async function writeStartRecord(
  context: IdentityContext,
  record: StartRecord,
): Promise<void> {
  const { session, signal } = context;
  const content = {
    starts: record.starts,
    opening: record.opening,
    master_key: record.masterKey,
    outdated: record.outdated,
    lost: record.lost,
  };
  await putAccountDataContent(session, typeOf(session.deviceId), content, signal);
}

/** Whether the store is an older copy of the one that the record was written for. */
export function isOutdated(record: StartRecord, context: IdentityContext): boolean {
  const { starts } = context.device.opened;
  if (record.outdated || record.starts > starts) return true;
  return record.starts === starts && record.opening !== context.opening;
}
