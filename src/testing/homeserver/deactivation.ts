import { putMembership } from './membership.ts';
import type { User } from './user.ts';
import type { World } from './world.ts';

/**
 * Deactivates as Synapse does: tokens, devices, password and account data go at once, the profile too with `erase`; the
 * rooms are left in the background, after the answer. The name is never free again.
 */
export function deactivate(world: World, user: User, erase: boolean): void {
  if (erase) {
    user.erased = true;
    user.profile.clear();
  }
  if (user.deactivated) return;
  user.deactivated = true;
  user.password = undefined;
  user.threepids = [];
  for (const deviceId of [...user.devices.keys()]) world.users.deleteDevice(user.userId, deviceId);
  for (const token of world.users.tokensOf(user.userId)) world.users.revoke(token);
  world.accountData.deleteUser(user.userId);
  world.clock.after(0, () => leaveRooms(world, user));
}

/** Lets a user in again who was deactivated; neither rooms nor keys come back. */
export function reactivate(user: User): void {
  if (!user.deactivated) return;
  user.deactivated = false;
  user.erased = false;
  if (user.profile.size === 0) user.profile.set('displayname', user.userId.slice(1).split(':')[0]);
}

function leaveRooms(world: World, user: User): void {
  if (!user.deactivated) return;
  for (const room of world.rooms.all()) {
    const membership = room.membership(user.userId);
    if (membership !== 'join' && membership !== 'invite') continue;
    putMembership(world, room, user.userId, user.userId, 'leave');
  }
}
