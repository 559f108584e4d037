import { Refusal } from './reply.ts';
import type { Operation } from './route.ts';
import type { User } from './user.ts';

/** What a suspended user may not do; reading, leaving and redacting stay. */
const changesSomething: ReadonlySet<Operation> = new Set([
  'sendMessage',
  'sendMessageWithoutTxn',
  'createRoom',
  'joinRoom',
  'joinRoomById',
  'inviteUser',
  'setRoomStateWithKey',
  'setProfileField',
] as const);

/** @throws Refusal 401 for who is locked, 403 for who is suspended and may not do `operation`. */
export function checkAccess(user: User, operation: Operation): void {
  if (user.locked && operation !== 'logout') throw lockedOut();
  if (user.suspended && changesSomething.has(operation)) {
    throw new Refusal(403, 'M_USER_SUSPENDED', 'User account is suspended');
  }
}

export function lockedOut(): Refusal {
  return new Refusal(401, 'M_USER_LOCKED', 'User account has been locked', {
    fields: { soft_logout: true },
  });
}
