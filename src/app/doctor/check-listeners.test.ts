import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  type Authority,
  type CertificateZoo,
  openCertificateZoo,
} from '../../gateway/rmapi/certificate-zoo.contract.ts';
import { checkListeners } from './check-listeners.ts';

const dayMs = 86_400_000;
const endsAt = Date.UTC(2040, 0, 31);

let zoo: CertificateZoo;
let authority: Authority;
let tls: { readonly certPath: string; readonly keyPath: string };

beforeAll(async () => {
  zoo = await openCertificateZoo();
  authority = await zoo.authority('Test CA');
  const times = { startsAt: '20260101000000Z', endsAt: '20400131000000Z' };
  const kept = await authority.issue('own', { subject: '/CN=bellhop', ...times });
  tls = { certPath: `${zoo.dir}/own.crt`, keyPath: `${zoo.dir}/own.private` };
  await writeFile(tls.certPath, kept.cert);
  await writeFile(tls.keyPath, kept.key);
});

afterAll(async () => {
  await zoo[Symbol.asyncDispose]();
});

const listener = (files: typeof tls) => [{ address: '[::]:8443', only: undefined, tls: files }];

it('a listener in clear is nothing to look at', () => {
  const plain = { address: '127.0.0.1:8480', only: undefined, tls: undefined };
  expect(checkListeners([plain], endsAt)).toEqual([]);
});

it.each([
  ['good for long', 15 * dayMs, 'ok', 'its certificate is good until 2040-01-31'],
  ['about to end', 13 * dayMs, 'warn', 'its certificate ends on 2040-01-31'],
  ['past its end', 0, 'fail', 'its certificate ended on 2040-01-31'],
])('a certificate that is %s', (_, leftMs, state, detail) => {
  const findings = checkListeners(listener(tls), endsAt - leftMs);
  expect(findings).toMatchObject([{ check: 'listen [::]:8443', state, detail }]);
});

it('files that cannot be read are named, each with its key', () => {
  const [finding] = checkListeners(listener({ certPath: '/gone/a', keyPath: '/gone/b' }), endsAt);
  expect(finding?.state).toBe('fail');
  expect(finding?.detail).toContain('tls.cert: /gone/a cannot be read (ENOENT)');
  expect(finding?.detail).toContain('tls.key: /gone/b cannot be read (ENOENT)');
});

it("another certificate's key is refused, and not shown", async () => {
  const keyPath = `${zoo.dir}/other.private`;
  await writeFile(keyPath, authority.key);
  const [finding] = checkListeners(listener({ ...tls, keyPath }), endsAt - 30 * dayMs);
  expect(finding?.detail).toContain('its certificate and key cannot be used');
  expect(finding?.detail).not.toContain((await readFile(keyPath, 'utf8')).slice(30, 60));
});
