import { expect, it } from 'vitest';
import {
  callerName,
  openTestRmapi,
  otherName,
  type TestRmapi,
} from '../../../src/gateway/rmapi/test-rmapi.contract.ts';

const user = {
  uuid: '3ede23ae-eff2-4aa8-b7ef-7fac68c39988',
  callsign: 'NORPPA11a',
  x509cert: 'NOCERTFOUND',
};
const success = { success: true, extra: null, error: null };

/** A drop-in without any homeserver, as in the original's tests. */
const open = async (): Promise<TestRmapi> => await openTestRmapi();

const json = ({ body }: { readonly body: string }): unknown => JSON.parse(body);

it('test_crud::unauth', async () => {
  await using rmapi = await open();
  const options = { method: 'POST', body: user };
  expect((await rmapi.call('/api/v1/users/created', options)).status).toBe(403);
});

it.each([
  ['test_crud::create', 'created'],
  ['test_crud::revoke', 'revoked'],
  ['test_crud::promote', 'promoted'],
  ['test_crud::demote', 'demoted'],
])('%s', async (_, action) => {
  await using rmapi = await open();
  const answer = await rmapi.ask(`/api/v1/users/${action}`, user);
  expect([answer.status, json(answer)]).toEqual([200, success]);
});

it('test_crud::update', async () => {
  await using rmapi = await open();
  const headers = { 'x-clientcert-dn': callerName };
  const answer = await rmapi.call('/api/v1/users/updated', { method: 'PUT', body: user, headers });
  expect([answer.status, json(answer)]).toEqual([200, success]);
});

it.each([
  ['test_crud::promote_queues_uid_when_synapse_not_ready', 'promoted'],
  ['test_crud::demote_queues_uid_when_synapse_not_ready', 'demoted'],
])('%s', async (_, action) => {
  await using rmapi = await open();
  await rmapi.ask(`/api/v1/users/${action}`, user);
  const view = await rmapi.people.show('NORPPA11a');
  expect(view).toMatchObject({ personId: 'norppa11a', state: 'pending' });
  expect((await rmapi.people.history('norppa11a', 1))[0]?.what).toBe(action);
});

it('test_crud::demote_overwrites_pending_promote', async () => {
  await using rmapi = await open();
  await rmapi.ask('/api/v1/users/promoted', user);
  await rmapi.ask('/api/v1/users/demoted', user);
  const history = await rmapi.people.history('norppa11a', 10);
  expect(history.map(({ what }) => what)).toEqual(['demoted', 'promoted']);
});

it.each([
  ['test_description::get_description[en]', 'en'],
  ['test_description::get_description[fi]', 'fi'],
])('%s', async (_, language) => {
  await using rmapi = await open();
  const answer = await rmapi.call(`/api/v1/description/${language}`);
  expect(json(answer)).toMatchObject({ shortname: 'matrix', language });
});

it('test_fragment::unauth', async () => {
  await using rmapi = await open();
  const options = { method: 'POST', body: user };
  expect((await rmapi.call('/api/v1/clients/fragment', options)).status).toBe(403);
});

it('test_fragment::get_fragment', async () => {
  await using rmapi = await open();
  const headers = { 'x-clientcert-dn': otherName };
  const answer = await rmapi.ask('/api/v1/clients/fragment', user, headers);
  const files = json(answer) as { title: string; filename: string; data: string }[];
  expect(files).toHaveLength(2);
  for (const { title, filename, data } of files) {
    expect([title, filename]).not.toContain('');
    expect(data).toMatch(/^data:[^;,]+;base64,[A-Za-z0-9+/]+=*$/);
  }
});

it('test_fragment::get_admin_fragment', async () => {
  await using rmapi = await open();
  const headers = { 'x-clientcert-dn': otherName };
  const answer = await rmapi.call('/api/v1/admins/fragment', { headers });
  expect(json(answer)).toMatchObject({ html: '<p>Hello to the admin</p>' });
});

it.each([
  ['test_markdown::get_v2_user_markdown[en]', 'en'],
  ['test_markdown::get_v2_user_markdown[fi]', 'fi'],
  ['test_markdown::get_v2_user_markdown[sv]', 'sv'],
])('%s', async (_, language) => {
  await using rmapi = await open();
  const answer = await rmapi.ask(`/api/v2/clients/${language}/info.md`, user);
  expect([answer.status, answer.body]).toEqual([200, expect.stringContaining('manifest_notfound')]);
});

it.each([
  ['test_markdown::get_v2_user_markdown_wrongcaller[en]', 'en'],
  ['test_markdown::get_v2_user_markdown_wrongcaller[fi]', 'fi'],
  ['test_markdown::get_v2_user_markdown_wrongcaller[sv]', 'sv'],
])('%s', async (_, language) => {
  await using rmapi = await open();
  const headers = { 'x-clientcert-dn': otherName };
  expect((await rmapi.ask(`/api/v2/clients/${language}/info.md`, user, headers)).status).toBe(403);
});

it('test_matrixrmapi::version', async () => {
  await using rmapi = await open();
  const document = json(await rmapi.call('/api/openapi.json')) as { info: { version: string } };
  expect(document.info.version).toMatch(/^\d+\.\d+\.\d+$/);
});

it('test_matrixrmapi::healthcheck', async () => {
  await using rmapi = await open();
  const answer = await rmapi.call('/api/v1/healthcheck');
  expect([answer.status, json(answer)]).toEqual([
    200,
    { healthy: true, extra: expect.any(String) },
  ]);
});

it.each([
  ['test_openapi::document', '/api/openapi.json'],
  ['test_openapi::docs', '/api/docs'],
])('%s', async (_, path) => {
  await using rmapi = await open();
  expect((await rmapi.call(path)).status).toBe(200);
});

it.each([
  ['test_synapse_admin::matrix_user_id_lowercase', 'NORPPA11a', 'norppa11a'],
  ['test_synapse_admin::matrix_user_id_already_lowercase', 'norppa11a', 'norppa11a'],
  ['test_synapse_admin::matrix_user_id_special_characters', 'unit.11-a', 'unit.11-a'],
])('%s', async (_, callsign, personId) => {
  await using rmapi = await open();
  await rmapi.ask('/api/v1/users/created', { ...user, callsign });
  expect(await rmapi.people.show(callsign)).toMatchObject({ personId });
});

it.each([
  ['test_synapse_admin::matrix_user_id_invalid_space', 'has space', 'has=20space'],
  ['test_synapse_admin::matrix_user_id_invalid_at', 'has@sign', 'has=40sign'],
  ['test_synapse_admin::matrix_user_id_invalid_exclamation', 'has!mark', 'has=21mark'],
])('%s', async (_, callsign, mapped) => {
  await using strict = await openTestRmapi({}, { nameRule: 'strict' });
  const refused = await strict.ask('/api/v1/users/created', { ...user, callsign });
  expect(json(refused)).toMatchObject({ success: false, extra: null });
  await using rmapi = await openTestRmapi({}, { nameRule: 'keycloak' });
  await rmapi.ask('/api/v1/users/created', { ...user, callsign });
  expect(await rmapi.people.show(callsign)).toMatchObject({ personId: mapped });
});
