import { Refusal } from './reply.ts';

/** Up to where a sync has told: in the stream at large, and in the messages to the device, which may lag behind. */
export interface SyncToken {
  readonly position: number;
  readonly toDevice: number;
}

/** @throws Refusal 400 for what is no token. */
export function parseSyncToken(text: string): SyncToken {
  const match = /^s(\d+)_(\d+)$/.exec(text);
  if (match === null) throw new Refusal(400, 'M_UNKNOWN', 'Invalid stream token');
  return { position: Number(match[1]), toDevice: Number(match[2]) };
}

export function formatSyncToken({ position, toDevice }: SyncToken): string {
  return `s${position}_${toDevice}`;
}
