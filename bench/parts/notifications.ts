import type { Notification } from '../../src/notification/notification.ts';

/** What the benchmarks send, to the room of this number. */
export function notificationOf(room: number): Pick<Notification, 'title' | 'body' | 'severity'> {
  return {
    title: 'Backup failed',
    body: `The nightly backup of host-${room} ended with exit code 12. `.repeat(5).trim(),
    severity: 'error',
  };
}
