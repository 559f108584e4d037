import type { RoomId, UserId } from '../../matrix/ids.ts';
import { type PublishedKeys, queryKeys } from '../../matrix/keys.ts';
import { joinedMembers } from '../../matrix/rooms.ts';
import type { Session } from '../../matrix/session.ts';
import { type Finding, warn } from './finding.ts';

/** Each member is a request; what larger rooms withhold is told by the log and a metric when it happens. */
const membersMax = 50;
/** Members that are asked about at once: enough to be quick, few enough for any homeserver. */
const askedAtOnce = 8;
/** More names than these do not tell a person more. */
const namesMax = 5;

function unsignedDevices({ devices, selfSigningKey }: PublishedKeys): number {
  const signer = `ed25519:${selfSigningKey}`;
  return [...devices.values()].filter(({ signedBy }) => !signedBy.has(signer)).length;
}

async function unsignedByMember(
  session: Session,
  members: readonly UserId[],
  signal: AbortSignal,
): Promise<Map<UserId, number>> {
  const unsigned = new Map<UserId, number>();
  for (let start = 0; start < members.length; start += askedAtOnce) {
    const some = members.slice(start, start + askedAtOnce);
    const counts = await Promise.all(
      some.map(async (userId) => unsignedDevices(await queryKeys(session, userId, signal))),
    );
    for (const [place, userId] of some.entries()) {
      const count = counts[place] ?? 0;
      if (count > 0) unsigned.set(userId, count);
    }
  }
  return unsigned;
}

function namesIn(unsigned: ReadonlyMap<UserId, number>): string {
  const names = [...unsigned].map(([userId, count]) => `${userId} (${count})`);
  const rest = names.length - namesMax;
  return [...names.slice(0, namesMax), ...(rest > 0 ? [`${rest} more`] : [])].join(', ');
}

/**
 * Which devices in an encrypted room would be refused its keys, as their owners have not signed them; undefined: none, or
 * the room has more than 50 members and was not looked at.
 *
 * @param name - how findings call the room
 * @throws MatrixError, TransportError when the homeserver does not say
 */
export async function checkReaders(
  session: Session,
  name: string,
  roomId: RoomId,
  signal: AbortSignal,
): Promise<Finding | undefined> {
  const members = await joinedMembers(session, roomId, signal);
  if (members.length > membersMax) return undefined;
  const others = members.filter((userId) => userId !== session.userId);
  const unsigned = await unsignedByMember(session, others, signal);
  if (unsigned.size === 0) return undefined;
  return warn(
    `room ${name}`,
    `devices that cannot read what is sent there, as their owners have not signed them: ${namesIn(unsigned)}`,
    'Their owners verify them, or remove those they no longer use; `sharing: all-devices` gives keys to all.',
  );
}
