import type { RoomVersions } from '../../matrix/capabilities.ts';
import type { JoinRule } from '../desired.ts';
import { creatorsStandAbove } from '../levels/power.ts';

/** The version in which rooms are made, or why none is. */
export type VersionChoice =
  /** Undefined: the homeserver's default, which is not known yet. */
  | { readonly kind: 'version'; readonly roomVersion: string | undefined }
  | { readonly kind: 'none'; readonly reason: string };

/** The first room version that knows a join rule (the specification's "Room versions"). */
const firstVersionWith: Readonly<Record<JoinRule, number>> = {
  public: 1,
  invite: 1,
  knock: 7,
  restricted: 8,
  knock_restricted: 10,
};

/** Chooses the file's version, else the homeserver's default; never one whose rules of power nobody knows. */
export function choosesVersion(
  wanted: string | undefined,
  offered: RoomVersions | undefined,
): VersionChoice {
  const roomVersion = wanted ?? offered?.default;
  if (roomVersion === undefined && offered === undefined) return { kind: 'version', roomVersion };
  if (roomVersion === undefined) {
    return { kind: 'none', reason: 'the homeserver does not say which room version it makes.' };
  }
  if (offered !== undefined && !offered.available.has(roomVersion)) {
    const available = [...offered.available.keys()].join(', ');
    return {
      kind: 'none',
      reason: `the homeserver has no room version ${roomVersion}, only ${available}.`,
    };
  }
  if (creatorsStandAbove(roomVersion) === undefined) {
    return { kind: 'none', reason: `the rules of room version ${roomVersion} are not known.` };
  }
  return { kind: 'version', roomVersion };
}

/** Why a join rule cannot be in a room of this version; undefined: it can, as far as the version is known. */
export function tooOldFor(rule: JoinRule, roomVersion: string | undefined): string | undefined {
  const first = firstVersionWith[rule];
  if (roomVersion === undefined) return undefined;
  if (!/^\d{1,4}$/.test(roomVersion) || Number(roomVersion) >= first) return undefined;
  return `room version ${roomVersion} does not know the join rule ${rule}; ${first} is the first.`;
}
