import { expect, it } from 'vitest';
import { loadConfig } from './load-config.ts';
import { printConfig } from './print-config.ts';

const load = (text: string) =>
  loadConfig({ path: '/etc/bellhop/bellhop.yaml', text }, { env: {}, cwd: '/', home: '/root' });

const text = `
listen: ["a:1", { address: "b:2", only: hooks, tls: { cert: c, key: k } }]
retention: { delivered: never, dead: 90m }
limits: { body: 1500B }
deployment: ./deployment.yaml
accounts: { main: { user_id: "@a:b", access_token_file: t }, second: { user_id: "@c:d" } }
rooms: { ops: "#a:b", quiet: { room: "!x", late_after: never, msgtype: m.notice, account: second } }
sources:
  a: { token_file: s, room: [ops, "#unnamed:x.org"], origins: { "a b": quiet }, rate: 5/m, dedupe_window: 90s }
  b: { auth: none, allow: [quiet] }
operators: { admin: { token_file: o } }
`;

it('what is printed loads as the same configuration', () => {
  expect(load(printConfig(load(text)))).toEqual(load(text));
});

it('secrets are redacted, their files are named', () => {
  const printed = printConfig(
    load(`accounts: { main: { user_id: "@a:b", password: s3cret }, b: { user_id: "@a:b", access_token: s3cret } }
operators: { admin: { token: s3cret }, other: { token_file: ./o } }`),
  );
  expect(printed).not.toContain('s3cret');
  expect(printed.match(/\[redacted\]/g)).toHaveLength(3);
  expect(printed).toContain('token_file: /etc/bellhop/o');
});
