import { describe, expect, it } from 'vitest';
import type { IncomingRequest } from '../format.ts';
import { alertmanager } from './alertmanager.ts';

/** As Alertmanager 0.34 sends it, headers included. */
function request(document: unknown, userAgent = 'Alertmanager/0.34.0'): IncomingRequest {
  return {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'user-agent': userAgent },
    query: {},
    body: Buffer.from(JSON.stringify(document)),
  };
}

function alert(instance: string, changes: Record<string, unknown> = {}) {
  return {
    status: 'firing',
    labels: { alertname: 'InstanceDown', instance, job: 'node', severity: 'critical' },
    annotations: {
      summary: `${instance} is down`,
      runbook_url: 'https://runbooks.example.org/down',
    },
    startsAt: '2026-06-23T11:53:14.318Z',
    endsAt: '0001-01-01T00:00:00Z',
    generatorURL: 'http://prometheus:9090/graph?g0.expr=up+%3D%3D+0&g0.tab=1',
    fingerprint: `fp-${instance}`,
    ...changes,
  };
}

function group(alerts: unknown[], changes: Record<string, unknown> = {}) {
  return {
    version: '4',
    groupKey: '{}:{alertname="InstanceDown", job="node"}',
    truncatedAlerts: 0,
    receiver: 'my\\.team',
    status: 'firing',
    notification_reason: 'first notification',
    groupLabels: { alertname: 'InstanceDown', job: 'node' },
    commonLabels: { alertname: 'InstanceDown', job: 'node', severity: 'critical' },
    commonAnnotations: { runbook_url: 'https://runbooks.example.org/down' },
    routeLabels: {},
    externalURL: 'http://alertmanager:9093',
    alerts,
    ...changes,
  };
}

function understand(document: unknown) {
  const understanding = alertmanager.understand(request(document));
  const first = understanding.ok ? understanding.notifications[0] : undefined;
  if (first === undefined) throw new Error('not understood');
  return first;
}

const silence =
  'http://alertmanager:9093/#/silences/new?filter=' +
  encodeURIComponent('{alertname="InstanceDown",job="node",severity="critical"}');

it('makes one readable notification of a group', () => {
  const down = alert('a:9100', {
    annotations: { summary: 'a is down', description: 'no answer\nfor 5m' },
  });
  const back = alert('b:9100', { status: 'resolved', endsAt: '2026-06-23T12:00:00Z' });
  expect(understand(group([down, back])).notification).toEqual({
    title: 'InstanceDown (job=node): 1 firing, 1 resolved',
    body: [
      '• 🔥 a is down',
      '  no answer',
      '  for 5m',
      '  instance=a:9100 · since 2026-06-23 11:53:14 UTC',
      '• ✅ b:9100 is down',
      '  instance=b:9100 · from 2026-06-23 11:53:14 UTC until 2026-06-23 12:00:00 UTC',
    ].join('\n'),
    format: 'plain',
    status: 'firing',
    severity: 'critical',
    fields: [{ name: 'job', value: 'node' }],
    links: [
      { label: 'Source', url: 'http://prometheus:9090/graph?g0.expr=up+%3D%3D+0&g0.tab=1' },
      { label: 'Runbook', url: 'https://runbooks.example.org/down' },
      { label: 'Silence', url: silence },
    ],
    key: '{}:{alertname="InstanceDown", job="node"}',
    origin: 'my.team',
  });
});

it('needs no list for a single alert', () => {
  expect(understand(group([alert('a:9100')])).notification).toMatchObject({
    title: 'InstanceDown (job=node)',
    body: 'a:9100 is down\nsince 2026-06-23 11:53:14 UTC',
    fields: [
      { name: 'instance', value: 'a:9100' },
      { name: 'job', value: 'node' },
    ],
  });
});

it('says what is common once', () => {
  const annotations = { summary: 'Instance down' };
  const document = group([alert('a', { annotations }), alert('b', { annotations })], {
    commonAnnotations: annotations,
  });
  expect(understand(document).notification.body).toBe(
    [
      'Instance down',
      '• instance=a · since 2026-06-23 11:53:14 UTC',
      '• instance=b · since 2026-06-23 11:53:14 UTC',
    ].join('\n'),
  );
});

it('offers no silence for what is resolved', () => {
  const document = group([alert('a', { status: 'resolved' })], { status: 'resolved' });
  const { status, links } = understand(document).notification;
  expect(status).toBe('resolved');
  expect(links?.map(({ label }) => label)).toEqual(['Source', 'Runbook']);
});

it('shows 50 alerts and counts the rest, also those Alertmanager left out', () => {
  const alerts = Array.from({ length: 60 }, (_, place) => alert(`host-${place}`));
  const { body } = understand(group(alerts, { truncatedAlerts: 7 })).notification;
  expect(body.match(/^• /gm)).toHaveLength(50);
  expect(body).toContain('\n… and 10 more (10 firing)\n… and 7 more that Alertmanager left out');
});

describe('repeats', () => {
  const key = (...alerts: unknown[]) => understand(group(alerts)).dedupeKey;

  it('have the same key in any order of the alerts', () => {
    expect(key(alert('a'), alert('b'))).toBe(key(alert('b'), alert('a')));
  });

  it('differ when an alert starts again, changes its state, or joins', () => {
    const keys = [
      key(alert('a')),
      key(alert('a', { status: 'resolved' })),
      key(alert('a', { startsAt: '2026-06-24T00:00:00Z' })),
      key(alert('a'), alert('b')),
    ];
    expect(new Set(keys).size).toBe(4);
  });

  it('count for five minutes, shorter than any repeat_interval', () => {
    expect(alertmanager.dedupeWindowMs).toBe(300_000);
  });
});

describe('recognition', () => {
  it('knows its sender, and its document from any sender', () => {
    expect(alertmanager.recognises(request({}))).toBe(2);
    expect(alertmanager.recognises(request(group([]), 'curl/8'))).toBe(2);
  });

  it('leaves Grafana and others alone', () => {
    expect(alertmanager.recognises(request(group([], { version: '1' }), 'Grafana'))).toBe(0);
    expect(alertmanager.recognises(request({ message: 'x' }, 'curl/8'))).toBe(0);
  });
});

it('reads a custom payload as generic JSON', () => {
  expect(understand({ text: 'my own document' }).notification.body).toBe('my own document');
});

it('understands a bare or broken group as well as it can', () => {
  const bare = { alerts: [{ labels: { alertname: 'X' } }, 5, null] };
  expect(understand(bare)).toMatchObject({
    dedupeKey: undefined,
    notification: { title: 'Alerts', status: 'firing', links: undefined },
  });
  const dated = group([alert('a', { startsAt: 'yesterday', endsAt: 5 })]);
  expect(understand(dated).notification.body).toBe('a is down');
});

it('refuses what is no JSON document', () => {
  const empty = { ...request({}), body: new Uint8Array() };
  expect(alertmanager.understand(empty)).toMatchObject({
    ok: false,
    problems: [{ place: 'body' }],
  });
});
