import {
  type Field,
  type Notification,
  type Severity,
  severities,
} from '../../notification/notification.ts';
import type { Format, IncomingRequest, RoomRecognition, Understanding } from '../format.ts';
import { membersOf } from '../members.ts';
import { notificationsFromJson } from '../notifications-from-json.ts';
import { readContent } from '../read-content.ts';
import { readSeverity } from '../words.ts';
import { type Alert, type AlertGroup, readAlertGroup } from './alert-group.ts';
import { groupLinks } from './group-links.ts';
import { groupText, groupTitle } from './group-text.ts';

/** A group whose alerts share more labels is cut short: a table is to be read at a glance. */
const fieldsMax = 20;

/** What the outbox keeps of a name, in characters. */
const originLengthMax = 255;

/** The highest severity of the alerts that fire, or of all when none does. */
function severityOf(group: AlertGroup): Severity | undefined {
  const firing = group.alerts.filter((alert) => alert.status === 'firing');
  const ranks = (firing.length > 0 ? firing : group.alerts).map((alert) => {
    const severity = readSeverity(alert.labels.get('severity') ?? '');
    return severity === undefined ? -1 : severities.indexOf(severity);
  });
  return severities[ranks.reduce((highest, rank) => Math.max(highest, rank), -1)];
}

function fieldsOf(group: AlertGroup): Field[] {
  const [only] = group.alerts;
  const labels = group.alerts.length === 1 && only !== undefined ? only.labels : group.commonLabels;
  return [...labels]
    .filter(([name]) => name !== 'alertname' && name !== 'severity')
    .slice(0, fieldsMax)
    .map(([name, value]) => ({ name, value }));
}

function notificationOf(group: AlertGroup): Notification {
  const fields = fieldsOf(group);
  const links = groupLinks(group);
  return {
    title: groupTitle(group),
    body: groupText(group),
    format: 'plain',
    status: group.status,
    severity: severityOf(group),
    fields: fields.length === 0 ? undefined : fields,
    links: links.length === 0 ? undefined : links,
    key: group.groupKey === '' ? undefined : group.groupKey,
    origin: group.receiver === '' ? undefined : group.receiver.slice(0, originLengthMax),
  };
}

function identity(alert: Alert): string {
  const fingerprint =
    alert.fingerprint === '' ? JSON.stringify([...alert.labels].sort()) : alert.fingerprint;
  return `${fingerprint} ${alert.status} ${alert.startsAt}`;
}

/** The same group with the same alerts in the same states, in any order. */
function dedupeKeyOf(group: AlertGroup): string | undefined {
  return group.groupKey === ''
    ? undefined
    : [group.groupKey, ...group.alerts.map(identity).sort()].join('\n');
}

function understand(request: IncomingRequest, isRoom?: RoomRecognition): Understanding {
  const content = readContent(request, () => false);
  switch (content.kind) {
    case 'json': {
      const group = readAlertGroup(content.value);
      if (group !== undefined) {
        const notification = notificationOf(group);
        return { ok: true, notifications: [{ notification, dedupeKey: dedupeKeyOf(group) }] };
      }
      return notificationsFromJson(content.value, membersOf(request.query), isRoom);
    }
    case 'unreadable':
      return { ok: false, problems: content.problems };
    case 'form':
    case 'text':
    case 'empty':
      return { ok: false, problems: [{ place: 'body', message: 'expected a JSON document' }] };
  }
}

/** Cheap on purpose: it looks at bytes, as every request of an `auto` source passes here. */
function recognises(request: IncomingRequest): 0 | 2 {
  if (request.headers['user-agent']?.startsWith('Alertmanager/') === true) return 2;
  const { buffer, byteOffset, byteLength } = request.body;
  const body = Buffer.from(buffer, byteOffset, byteLength);
  const isOurs =
    body.includes('"groupKey"') &&
    body.includes('"alerts"') &&
    // Grafana sends the same document as version 1 and means other links.
    /"version"\s*:\s*"4"/.test(body.toString('latin1'));
  return isOurs ? 2 : 0;
}

/**
 * Alertmanager's webhook, version 4: one notification per group. A custom `payload` is read as `generic` reads it.
 * https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
 */
export const alertmanager: Format = {
  name: 'alertmanager',
  recognises,
  understand,
  // It repeats a group within seconds when an answer was lost, and after `repeat_interval` (hours) because people want it.
  dedupeWindowMs: 300_000,
};
