/**
 * Bellhop as a library: the same engine as the daemon's, inside your program.
 *
 * @module
 */
export {
  type Bellhop,
  type BellhopOptions,
  type EntryStatus,
  type Message,
  openBellhop,
  type SendReceipt,
} from './app/bellhop.ts';
export { Failure, type FailureCode } from './errors.ts';
export type { Field, Link, Notification, Severity, Status } from './notification/notification.ts';
export type { DeadReason, EntryState } from './outbox/entry.ts';
