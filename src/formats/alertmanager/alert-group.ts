import { cleanText } from '../../notification/clean-text.ts';

/** Labels or annotations, in the order they were sent. */
export type Labels = ReadonlyMap<string, string>;

export interface Alert {
  readonly status: 'firing' | 'resolved';
  readonly labels: Labels;
  readonly annotations: Labels;
  /** RFC 3339, as sent; may be anything. */
  readonly startsAt: string;
  readonly endsAt: string;
  readonly generatorUrl: string;
  readonly fingerprint: string;
}

/** What Alertmanager sends at once: the alerts that one route groups together. */
export interface AlertGroup {
  readonly status: 'firing' | 'resolved';
  readonly groupKey: string;
  readonly receiver: string;
  readonly groupLabels: Labels;
  readonly commonLabels: Labels;
  readonly commonAnnotations: Labels;
  readonly externalUrl: string;
  readonly truncatedAlerts: number;
  readonly alerts: readonly Alert[];
}

type Members = Readonly<Record<string, unknown>>;

const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const text = (value: unknown): string => (typeof value === 'string' ? cleanText(value) : '');

function labels(value: unknown): Labels {
  const found = new Map<string, string>();
  if (!isMembers(value)) return found;
  for (const [name, member] of Object.entries(value)) {
    if (typeof member === 'string' && member !== '') found.set(cleanText(name), cleanText(member));
  }
  return found;
}

const status = (value: unknown): Alert['status'] => (value === 'resolved' ? 'resolved' : 'firing');

function readAlert(value: Members): Alert {
  return {
    status: status(value['status']),
    labels: labels(value['labels']),
    annotations: labels(value['annotations']),
    startsAt: text(value['startsAt']),
    endsAt: text(value['endsAt']),
    generatorUrl: text(value['generatorURL']),
    fingerprint: text(value['fingerprint']),
  };
}

function count(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : 0;
}

/**
 * The group in a webhook's document, version 4; undefined if it holds no list of alerts, as a custom `payload` may.
 * Unknown members are ignored: the document grows with each release.
 */
export function readAlertGroup(value: unknown): AlertGroup | undefined {
  if (!isMembers(value) || !Array.isArray(value['alerts'])) return undefined;
  return {
    status: status(value['status']),
    groupKey: text(value['groupKey']),
    // Alertmanager sends the name as a quoted regular expression: `my\.team`.
    receiver: text(value['receiver']).replace(/\\(.)/gsu, '$1'),
    groupLabels: labels(value['groupLabels']),
    commonLabels: labels(value['commonLabels']),
    commonAnnotations: labels(value['commonAnnotations']),
    externalUrl: text(value['externalURL']),
    truncatedAlerts: count(value['truncatedAlerts']),
    alerts: value['alerts'].filter(isMembers).map(readAlert),
  };
}
