import { describe, expect, it } from 'vitest';
import type { Field } from '../notification/notification.ts';
import { generic } from './generic.ts';

function understand(
  body: string | object,
  contentType = 'application/json',
  query: Record<string, string> = {},
) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const headers = { 'content-type': contentType };
  const understanding = generic.understand({
    method: 'POST',
    headers,
    query,
    body: Buffer.from(text),
  });
  if (!understanding.ok) throw new Error(JSON.stringify(understanding.problems));
  const [first] = understanding.notifications;
  if (first === undefined) throw new Error('no notification');
  return first.notification;
}

const fieldsOf = (...args: Parameters<typeof understand>): readonly Field[] =>
  understand(...args).fields ?? [];
const rows = (...args: Parameters<typeof understand>): Record<string, string> =>
  Object.fromEntries(fieldsOf(...args).map(({ name, value }) => [name, value]));

describe('what stands beside the names we know is shown as fields', () => {
  it('in JSON, by its name as it was sent', () => {
    expect(
      understand({ title: 'Disk full', hostName: 'db1', disk: '/var', used: 99, raid: false }),
    ).toMatchObject({
      title: 'Disk full',
      fields: [
        { name: 'hostName', value: 'db1' },
        { name: 'disk', value: '/var' },
        { name: 'used', value: '99' },
        { name: 'raid', value: 'false' },
      ],
    });
  });

  it('in a form', () => {
    const form = 'application/x-www-form-urlencoded';
    expect(understand('name=backup&size=5GB&result=ok', form)).toMatchObject({
      title: 'backup',
      fields: [
        { name: 'size', value: '5GB' },
        { name: 'result', value: 'ok' },
      ],
    });
  });

  it('in the query, also beside a text or JSON that nobody knows', () => {
    expect(rows('slow', 'text/plain', { host: 'db1' })).toEqual({ host: 'db1' });
    const query = { message: 'odd', severity: 'error', Host: 'db1' };
    expect(understand({ a: { b: 1 } }, undefined, query)).toMatchObject({
      severity: 'error',
      body: 'odd\n{\n  "a": {\n    "b": 1\n  }\n}',
      fields: [{ name: 'Host', value: 'db1' }],
    });
    expect(understand({ a: 1 }, undefined, { severity: 'error' })).toMatchObject({
      severity: 'error',
      fields: [{ name: 'a', value: '1' }],
    });
  });

  it('nested ones as JSON on one line, after the others', () => {
    const slack = { attachments: [{ title: 'job 5', text: 'see log' }], text: 'failed', job: 5 };
    expect(fieldsOf(slack)).toEqual([
      { name: 'job', value: '5' },
      { name: 'attachments', value: '[{"title":"job 5","text":"see log"}]' },
    ]);
  });

  it('below the fields that were named as such', () => {
    const sent = { message: 'm', host: 'b', fields: [{ name: 'disk', value: 'a' }], tags: 't' };
    expect(Object.keys(rows(sent))).toEqual(['disk', 'tags', 'host']);
  });

  it('known names too, where their value means nothing or another was taken', () => {
    const sent = {
      title: 'T',
      message: 'm',
      summary: 'S',
      url: 'ssh://h',
      type: 'deploy',
      format: 'pdf',
      thread: 'main',
      mention: 'bob',
      fields: 'none',
    };
    const { title: _, message: __, ...shown } = sent;
    expect(rows(sent)).toEqual(shown);
  });
});

describe('it stays readable', () => {
  it('without what is empty', () => {
    expect(fieldsOf({ text: 'm', a: null, b: '', c: ' ', d: [], e: {} })).toEqual([]);
  });

  it('without what the message says already', () => {
    const sent = { title: 'T', message: 'm ', text: 'm', content: 'T', status: 'down' };
    expect(fieldsOf({ ...sent, state: 'firing', severity: 'error', level: 'err' })).toEqual([]);
  });

  it('with at most 20 rows, single values first, and a count of the rest', () => {
    const flat = Array.from({ length: 19 }, (_, place) => [`id${place}`, place]);
    const sent = {
      text: 'm',
      repository: { id: 1 },
      sender: { id: 2 },
      ...Object.fromEntries(flat),
    };
    const fields = fieldsOf(sent);
    expect(fields).toHaveLength(20);
    expect(fields.at(-2)).toEqual({ name: 'id18', value: '18' });
    expect(fields.at(-1)).toEqual({ name: '…', value: '2 more' });
  });

  it('with long values cut', () => {
    const large = { list: Array.from({ length: 200 }, (_, id) => ({ id })) };
    const { log, monitor } = rows({ text: 'm', log: 'x'.repeat(5000), monitor: large });
    expect(log).toBe(`${'x'.repeat(2000)}…`);
    expect(monitor).toHaveLength(301);
    expect(monitor).toMatch(/^{"list":\[{"id":0},.*…$/);
  });

  it('with credentials hidden before anything is cut', () => {
    const sent = {
      text: 'm',
      pwd: 'x',
      config: { api_key: 'x', db: 'postgres://u:SECRET@h/db' },
      log: `${'x'.repeat(1985)} ftp://u:SECRET@h/`,
    };
    expect(rows(sent)).toMatchObject({
      pwd: '(hidden)',
      config: '{"api_key":"(hidden)","db":"postgres://u:(hidden)@h/db"}',
    });
    expect(JSON.stringify(fieldsOf(sent))).not.toMatch(/SE/);
  });

  it('without what products make their own message of', () => {
    const kuma = { msg: '[db] [Down]', heartbeat: { status: 0 }, monitor: { id: 1, retries: 3 } };
    expect(fieldsOf(kuma)).toEqual([]);
    const grafana = {
      receiver: 'ops',
      status: 'firing',
      orgId: 1,
      alerts: [{ labels: {} }],
      version: '1',
      groupKey: '{}',
      title: '[FIRING:1] x',
      state: 'alerting',
      message: 'Value: A=1',
    };
    expect(fieldsOf(grafana)).toEqual([]);
    expect(fieldsOf({ text: 'm', timestamp: 1_780_000_000 })).toEqual([]);
    expect(rows({ text: 'm', timestamp: '2026-01-01', version: '1.2' })).toEqual({
      timestamp: '2026-01-01',
      version: '1.2',
    });
  });
});
