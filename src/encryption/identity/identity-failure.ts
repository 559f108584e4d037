import { Failure, type FailureCode } from '../../errors.ts';
import type { IdentityState } from '../encryption.ts';

const codes: Readonly<Record<Exclude<IdentityState, 'ok'>, FailureCode>> = {
  'not-set-up': 'identity_not_set_up',
  'needs-recovery-key': 'recovery_key_needed',
  'server-has-other-keys': 'identity_differs',
  'device-gone': 'device_lost',
  'store-is-old': 'store_outdated',
};

/** The failure that an identity's state is for whoever wants to encrypt; `hint` says more than the catalogue. */
export function identityFailure(
  state: Exclude<IdentityState, 'ok'>,
  account: string,
  hint?: string,
): Failure {
  const named = `Account ${account}.`;
  return new Failure(codes[state], { detail: hint === undefined ? named : `${named} ${hint}` });
}
