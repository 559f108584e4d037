import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';

const run = promisify(execFile);
const script = fileURLToPath(new URL('../../deploy/rmapi/container-init.sh', import.meta.url));

/** Stands in for the deployment's tools: it writes down its calls, and what the real ones leave behind. */
const tool = `#!/bin/sh
echo "$1" >> "$PERSISTENT_DIR/calls"
case "$1" in
  init) mkdir -p "$PERSISTENT_DIR/public" && touch "$PERSISTENT_DIR/public/mtlsclient.pem" ;;
  register_oidc) mkdir -p "$PERSISTENT_DIR/oidc" && cp "$2" "$PERSISTENT_DIR/oidc/registration.json" ;;
esac
`;

async function openContainer(more: Readonly<Record<string, string>> = {}) {
  const dir = await mkdtemp(join(tmpdir(), 'bellhop-image-'));
  onTestFinished(async () => await rm(dir, { recursive: true, force: true }));
  const bin = join(dir, 'bin');
  await mkdir(bin);
  const resolver = '#!/bin/sh\necho "172.17.0.1 RAW host.docker.internal"\n';
  for (const [name, text] of Object.entries({ tool, getent: resolver })) {
    await writeFile(join(bin, name), text);
    await chmod(join(bin, name), 0o755);
  }
  const hosts = join(dir, 'hosts');
  await writeFile(hosts, '127.0.0.1 localhost\n172.17.0.9 example.org mtls.example.org\n');
  const env = {
    PATH: `${bin}:${process.env['PATH'] ?? ''}`,
    PERSISTENT_DIR: dir,
    HOSTS_FILE: hosts,
    PRODUCT_INIT: join(bin, 'tool'),
    CLIENT_INIT: join(bin, 'tool'),
    ...more,
  };
  const read = async (name: string) =>
    await readFile(join(dir, name), 'utf8').catch(() => undefined);
  return { start: async () => await run(script, { env }), read };
}

const deployment = {
  SERVER_DOMAIN: 'example.org',
  MTLS_DOMAIN: 'mtls.example.org',
  KCDOMAIN: 'kc.example.org',
  KCREALM: 'realm',
  NGINX_HTTPS_PORT: '4439',
};

it('the image makes itself known to the deployment once, and finds its names at each start', async () => {
  const { start, read } = await openContainer(deployment);
  await start();
  await start();
  expect(await read('calls')).toBe('init\nget_jwt\nregister_oidc\n');
  expect(await read('hosts')).toBe(
    '127.0.0.1 localhost\n172.17.0.1 example.org mtls.example.org kc.example.org\n',
  );
  expect(JSON.parse((await read('oidc/registration.json')) ?? '')).toEqual({
    rasenmaeher: {
      mtls: { base_uri: 'mtls.example.org:4439' },
      kc: { base_uri: 'kc.example.org:9443', realm: 'realm' },
    },
    oidc: { client_registration: { client_name: 'Synapse' } },
  });
  expect(await read('firstrun.done')).toMatch(/^\d{8}T\d{4}\n$/);
});

it('outside a deployment the image leaves all of that out', async () => {
  const nowhere = { PRODUCT_INIT: '/nowhere/a', CLIENT_INIT: '/nowhere/b' };
  const { start, read } = await openContainer(nowhere);
  await start();
  expect(await read('calls')).toBeUndefined();
  expect(await read('hosts')).toContain('172.17.0.9 example.org');
});
