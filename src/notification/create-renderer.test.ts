import { describe, expect, it } from 'vitest';
import { createRenderer, type MarkupReader } from './create-renderer.ts';
import type { Notification } from './notification.ts';

const unused: MarkupReader = () => {
  throw new Error('plain text needs no parser');
};
const render = createRenderer({ markdown: unused, html: unused });
const show = (notification: Partial<Notification>) =>
  render({ body: 'disk full', format: 'plain', ...notification }, { msgtype: 'm.text' });

it('sends plain text as it is, without HTML', () => {
  expect(show({ body: '<b>95 %</b>\n' })).toEqual({
    msgtype: 'm.text',
    body: '<b>95 %</b>',
    'm.mentions': {},
  });
});

it('shows status, severity and title without colour, then fields and links', () => {
  const content = show({
    status: 'firing',
    severity: 'critical',
    title: 'Disk\nfull',
    body: 'first\n  second',
    fields: [
      { name: 'host', value: 'a' },
      { name: 'device', value: 'sda\nsdb' },
    ],
    link: 'https://example.org/disk/',
    links: [{ label: 'Silence', url: 'http://am.example.org/#/silences' }],
  });
  expect(content.body).toBe(
    [
      '🔥 FIRING · 🚨 CRITICAL · Disk full',
      'first',
      '  second',
      'host:   a',
      'device: sda',
      '        sdb',
      '🔗 https://example.org/disk/',
      '🔗 Silence: http://am.example.org/#/silences',
    ].join('\n'),
  );
  expect(content.formatted_body).toBe(
    '🔥 <strong>FIRING</strong> · 🚨 <strong>CRITICAL</strong> · <strong>Disk full</strong>' +
      '<br>first<br> &nbsp;second' +
      '<table><tbody><tr><th>host</th><td>a</td></tr>' +
      '<tr><th>device</th><td>sda<br>sdb</td></tr></tbody></table>' +
      '🔗 <a href="https://example.org/disk/">example.org/disk</a>' +
      ' · 🔗 <a href="http://am.example.org/#/silences">Silence</a>',
  );
});

it('escapes everything that is no markup by its format', () => {
  const hostile = `<img src=x onerror="alert('1')">&amp;`;
  const content = show({
    title: hostile,
    body: hostile,
    fields: [{ name: hostile, value: hostile }],
    links: [{ label: hostile, url: 'https://example.org/' }],
  });
  const escaped = '&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;amp;';
  expect(content.formatted_body?.split(escaped)).toHaveLength(6);
  expect(content.formatted_body).not.toContain('<img');
});

it.each(['javascript:alert(1)', 'data:text/html,x', '/relative', 'https://a b', 'https://a"b', ''])(
  'drops the unsafe link %j',
  (link) => {
    expect(show({ link, links: [{ label: 'x', url: link }] })).not.toHaveProperty('formatted_body');
  },
);

it('says a title alone without an empty line', () => {
  expect(show({ title: 'T', body: '' })).toMatchObject({
    body: 'T',
    formatted_body: '<strong>T</strong>',
  });
});

describe('beside the words', () => {
  it('takes the msgtype of the room, and m.notice for what must be silent', () => {
    expect(show({}).msgtype).toBe('m.text');
    expect(show({ silent: true }).msgtype).toBe('m.notice');
    expect(render({ body: 'x', format: 'plain' }, { msgtype: 'm.notice' }).msgtype).toBe(
      'm.notice',
    );
  });

  it('mentions the room, or the users that are user ids, once each', () => {
    expect(show({ mention: 'room' })['m.mentions']).toEqual({ room: true });
    const mention = ['@a:example.org', '@a:example.org', 'bob', '@:', `@${'x'.repeat(255)}:e`];
    expect(show({ mention })['m.mentions']).toEqual({ user_ids: ['@a:example.org'] });
    expect(show({ mention: ['bob'] })['m.mentions']).toEqual({});
  });

  it('continues a thread', () => {
    expect(show({ thread: '$root' })['m.relates_to']).toEqual({
      rel_type: 'm.thread',
      event_id: '$root',
      is_falling_back: false,
    });
    expect(show({ thread: 'no event' })).not.toHaveProperty('m.relates_to');
  });
});
