import type { Alert, AlertGroup, Labels } from './alert-group.ts';

/** More are a flood that nobody reads one by one; the rest is counted. */
const alertsShownMax = 50;

/** Labels that the message says elsewhere. */
const saidElsewhere: ReadonlySet<string> = new Set(['alertname', 'severity']);

/** `2022-06-23 11:53:14 UTC`; undefined for what is no time, or Go's zero time. */
function shownTime(time: string): string | undefined {
  const ms = new Date(time).getTime();
  // Alertmanager's zero time is the year 1.
  if (Number.isNaN(ms) || ms <= 0) return undefined;
  return `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

function period(alert: Alert): string | undefined {
  const start = shownTime(alert.startsAt);
  const end = alert.status === 'resolved' ? shownTime(alert.endsAt) : undefined;
  if (start === undefined) return end === undefined ? undefined : `until ${end}`;
  return end === undefined ? `since ${start}` : `from ${start} until ${end}`;
}

/** `name=value, …` of the labels, without those the reader has seen already. */
function shownLabels(labels: Labels, seen: Labels): string {
  return [...labels]
    .filter(([name, value]) => !saidElsewhere.has(name) && seen.get(name) !== value)
    .map(([name, value]) => `${name}=${value}`)
    .join(', ');
}

/** Summary and description, or whatever annotations there are; addresses become links elsewhere. */
function saying(annotations: Labels): string[] {
  const usual = [
    annotations.get('summary') ?? annotations.get('title'),
    annotations.get('description') ?? annotations.get('message'),
  ].filter((line) => line !== undefined);
  if (usual.length > 0) return usual;
  return [...annotations]
    .filter(([name]) => !name.endsWith('_url') && !name.startsWith('__'))
    .map(([name, value]) => `${name}: ${value}`);
}

function alertText(alert: Alert, group: AlertGroup, common: readonly string[]): string {
  const lines = [
    ...saying(alert.annotations).filter((line) => !common.includes(line)),
    [shownLabels(alert.labels, group.commonLabels), period(alert)].filter(Boolean).join(' · '),
  ].filter((line) => line !== '');
  const isMixed = group.alerts.some((other) => other.status !== group.status);
  const mark = isMixed ? (alert.status === 'firing' ? '🔥 ' : '✅ ') : '';
  return `• ${mark}${lines.join('\n').replaceAll('\n', '\n  ')}`;
}

/** `3 firing, 1 resolved` */
function countByStatus(alerts: readonly Alert[]): string {
  const firing = alerts.filter((alert) => alert.status === 'firing').length;
  const resolved = alerts.length - firing;
  return [firing > 0 && `${firing} firing`, resolved > 0 && `${resolved} resolved`]
    .filter(Boolean)
    .join(', ');
}

/** One line for the whole group: its alert's name, the other labels it is grouped by, how many there are. */
export function groupTitle(group: AlertGroup): string {
  const name =
    group.groupLabels.get('alertname') ??
    group.commonLabels.get('alertname') ??
    (group.receiver === '' ? 'Alerts' : group.receiver);
  const by = shownLabels(group.groupLabels, new Map());
  const counted = group.alerts.length === 1 ? '' : countByStatus(group.alerts);
  return `${name}${by === '' ? '' : ` (${by})`}${counted === '' ? '' : `: ${counted}`}`;
}

/** What the alerts say: what is common first, then each with what sets it apart, at most 50; plain text. */
export function groupText(group: AlertGroup): string {
  const [only] = group.alerts;
  const parts: string[] = [];
  if (only !== undefined && group.alerts.length === 1) {
    parts.push(...saying(only.annotations), period(only) ?? '');
  } else {
    const common = group.commonAnnotations.size === 0 ? [] : saying(group.commonAnnotations);
    parts.push(...common);
    const shown = group.alerts.slice(0, alertsShownMax);
    parts.push(...shown.map((alert) => alertText(alert, group, common)));
    const rest = group.alerts.slice(alertsShownMax);
    if (rest.length > 0) parts.push(`… and ${rest.length} more (${countByStatus(rest)})`);
  }
  if (group.truncatedAlerts > 0) {
    parts.push(`… and ${group.truncatedAlerts} more that Alertmanager left out (max_alerts)`);
  }
  return parts.filter((part) => part !== '').join('\n');
}
