import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CertificateZoo, openCertificateZoo } from './certificate-zoo.contract.ts';
import { openTestRmapi } from './test-rmapi.contract.ts';

let zoo: CertificateZoo;
beforeAll(async () => {
  zoo = await openCertificateZoo();
});
afterAll(async () => {
  await zoo[Symbol.asyncDispose]();
});

it('new files are taken at once when somebody asks for it, and broken ones never', async () => {
  const authority = await zoo.authority('Test CA');
  const server = await authority.issue('server', { subject: '/CN=listener' });
  const leaver = await authority.issue('leaver', { subject: '/CN=rasenmaeher' });
  const files = {
    certificate: server.path,
    key: join(zoo.dir, 'key.pem'),
    clientCa: authority.path,
    revocations: join(zoo.dir, 'list.pem'),
  };
  await writeFile(files.revocations, await authority.list());
  await using test = await openTestRmapi({ tls: files });
  expect(await test.lookAtTls()).toEqual({ kind: 'same' });

  await authority.revoke(leaver);
  await writeFile(files.revocations, await authority.list());
  expect(await test.lookAtTls()).toEqual({ kind: 'replaced' });
  expect(await test.lookAtTls()).toEqual({ kind: 'same' });

  await writeFile(files.revocations, 'rubbish');
  const why = 'rmapi TLS: there is no PEM block "X509 CRL"';
  expect(await test.lookAtTls()).toEqual({ kind: 'refused', why });
  expect(await test.lookAtTls()).toEqual({ kind: 'refused', why });
  expect(test.trust).toEqual(['replaced', 'refused']);
});

it('behind a proxy there are no files to look at', async () => {
  await using test = await openTestRmapi();
  expect(await test.lookAtTls()).toBeUndefined();
});
