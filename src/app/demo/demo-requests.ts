import { type DemoRooms, demoTokens } from './stage.ts';

/** One sender's request, as that sender makes it. */
export interface DemoRequest {
  /** Who sends what, for people. */
  readonly title: string;
  readonly sender: string;
  /** The configured name of the room it is for. */
  readonly room: keyof DemoRooms;
  readonly method: 'POST';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Words that no other message of the demo has. */
  readonly mark: string;
}

type AlertStatus = 'firing' | 'resolved';

/** As Alertmanager 0.34 sends it. */
function alertGroup(status: AlertStatus, instances: readonly string[], mark: string): DemoRequest {
  const labels = { alertname: 'DiskAlmostFull', job: 'node', severity: 'critical' };
  const alerts = instances.map((instance) => ({
    status,
    labels: { ...labels, instance },
    annotations: { summary: `/var on ${instance} ${mark}` },
    startsAt: '2026-06-23T11:53:14.318Z',
    endsAt: status === 'firing' ? '0001-01-01T00:00:00Z' : '2026-06-23T12:10:14.318Z',
    generatorURL: 'http://prometheus:9090/graph?g0.expr=disk',
    fingerprint: `disk-${instance}`,
  }));
  const group = {
    version: '4',
    groupKey: '{}:{alertname="DiskAlmostFull"}',
    truncatedAlerts: 0,
    receiver: 'matrix',
    status,
    groupLabels: { alertname: 'DiskAlmostFull' },
    commonLabels: labels,
    commonAnnotations: {},
    externalURL: 'http://alertmanager:9093',
    alerts,
  };
  return {
    title: `Alertmanager tells of a group of ${instances.length}, ${status}`,
    sender: 'Alertmanager',
    room: 'ops',
    method: 'POST',
    path: '/hooks/cluster',
    headers: {
      'content-type': 'application/json',
      'user-agent': 'Alertmanager/0.34.0',
      authorization: `Bearer ${demoTokens.cluster}`,
    },
    body: JSON.stringify(group),
    mark,
  };
}

/** A Matrix client as far as it goes: raw room id, token in the query, JSON called a form, no transaction id. */
function routerEvent(rooms: DemoRooms, text: string): DemoRequest {
  return {
    title: 'A RouterOS router speaks Matrix, through the façade',
    sender: 'RouterOS',
    room: 'network',
    method: 'POST',
    path: `/_matrix/client/r0/rooms/${rooms.network}/send/m.room.message?access_token=${demoTokens.router}`,
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'user-agent': 'Mikrotik/7.21 arm64 backup/Fetch',
    },
    body: JSON.stringify({ msgtype: 'm.text', body: `[gw1] ${text}` }),
    mark: text,
  };
}

/** What `curl -d TEXT` sends. */
function curl(text: string): DemoRequest {
  return {
    title: `A shell script: curl -d "${text}"`,
    sender: 'curl',
    room: 'ops',
    method: 'POST',
    path: '/hooks/scripts',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'user-agent': 'curl/8.14.1',
      authorization: `Bearer ${demoTokens.scripts}`,
    },
    body: text,
    mark: text,
  };
}

/** What is sent while all is well. */
export function calmRequests(rooms: DemoRooms): DemoRequest[] {
  return [
    alertGroup('firing', ['db1', 'db2'], 'is 97 % full'),
    routerEvent(rooms, 'wan1 is down, wan2 takes over'),
    curl('disk full'),
  ];
}

/** What is sent while the homeserver is away. */
export function stormRequests(rooms: DemoRooms): DemoRequest[] {
  return [
    curl('backup of db1 failed'),
    alertGroup('resolved', ['db1', 'db2'], 'has room again'),
    curl('backup of db1 done'),
    routerEvent(rooms, 'wan1 is back'),
  ];
}
