import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { manifestPathOf, rmapiSettings } from './rmapi-environment.ts';
import { manifestFallback, manifestText, parseManifest, readManifest } from './rmapi-manifest.ts';

const secret = { SYNAPSE_REGISTRATION_SECRET: 'shared' };

/** As the deployment's tooling writes it. */
const manifest = {
  deployment: 'sleepy-sloth',
  rasenmaeher: {
    init: { base_uri: 'https://sleepy-sloth.example.org/', csr_jwt: 'x.y.z' },
    mtls: { base_uri: 'https://mtls.sleepy-sloth.example.org/' },
    certcn: 'rasenmaeher',
  },
  product: {
    dns: 'matrix.sleepy-sloth.example.org',
    api: 'https://matrix.sleepy-sloth.example.org:4626/',
    uri: 'https://matrix.sleepy-sloth.example.org:4626/',
  },
};

describe('the environment of the drop-in', () => {
  it('needs nothing but the secret', () => {
    const config = rmapiSettings(secret, manifestFallback);
    expect(config).toMatchObject({
      synapseUrl: 'http://synapse:8008',
      botLocalpart: 'matrixrmapi-bot',
      tokenFile: '/data/persistent/synapse_admin_token',
      serverName: 'localmaeher.dev.pvarki.fi',
      dataDir: '/data/persistent/bellhop',
      logLevel: 'info',
      reconcileMs: 30_000,
      roomVersion: undefined,
      nameRule: 'keycloak',
    });
    expect(config.door).toMatchObject({
      listen: '0.0.0.0:8012',
      deployment: 'manifest_notfound',
      callerCommonName: 'rasenmaeher',
      homeserverUrl: 'https://synapse.localmaeher.dev.pvarki.fi:4439',
      certificateHeader: 'X-ClientCert-DN',
      linkerd: undefined,
      tls: undefined,
      health: 'always',
    });
    expect(config.registrationSecret.reveal()).toBe('shared');
  });

  it("takes the original's variables, an empty one as none", () => {
    const env = {
      ...secret,
      SYNAPSE_URL: 'http://localhost:8008/',
      SYNAPSE_TOKEN_FILE: '/keep/token',
      SERVER_DOMAIN: 'example.org',
      LOG_LEVEL: '10',
      MTLS_HEADER_NAME: '',
      MTLS_TRUST_L5D: 'True',
      MTLS_REQUIRE_L5D: '1',
      MTLS_TRUSTED_INGRESS_IDENTITIES: 'a.b, c.d',
    };
    const config = rmapiSettings(env, manifestFallback);
    expect(config).toMatchObject({
      synapseUrl: 'http://localhost:8008',
      serverName: 'example.org',
      dataDir: '/keep/bellhop',
      logLevel: 'debug',
    });
    expect(config.door.certificateHeader).toBe('X-ClientCert-DN');
    expect(config.door.linkerd).toEqual({
      headerName: 'l5d-client-id',
      ingressIdentities: ['a.b', 'c.d'],
      required: true,
    });
  });

  it('tells all mistakes at once, without their values', () => {
    const env = {
      SYNAPSE_URL: 'secret-1',
      SYNAPSE_BOT_USERNAME: 'Bot',
      LOG_LEVEL: 'loud',
      MTLS_HEADER_NAME: 'a b',
      MTLS_REQUIRE_L5D: 'true',
      MTLS_TRUST_L5D: 'maybe',
      BELLHOP_RMAPI_LISTEN: 'unix:/x',
      BELLHOP_RMAPI_TRUSTED_PROXIES: '10.0.0.0/33',
      BELLHOP_RMAPI_TLS_CRL: '/crl.pem',
      BELLHOP_RMAPI_HEALTH_LISTEN: '8013',
      BELLHOP_RMAPI_NAMES: 'any',
      BELLHOP_RMAPI_HEALTH: 'never',
      BELLHOP_RECONCILE_INTERVAL: '5m',
      SERVER_DOMAIN: 'https://x',
    };
    let problems: readonly string[] = [];
    try {
      rmapiSettings(env, manifestFallback);
    } catch (thrown) {
      ({ problems } = thrown as { problems: readonly string[] });
    }
    const named = problems.map((problem) => problem.slice(0, problem.indexOf(':')));
    expect(named.sort()).toEqual(
      [...Object.keys(env), 'SYNAPSE_REGISTRATION_SECRET']
        .filter((name) => name !== 'BELLHOP_RMAPI_TLS_CRL')
        .concat('BELLHOP_RMAPI_TLS_CERT, _KEY and _CLIENT_CA')
        .sort(),
    );
    expect(problems.join()).not.toContain('secret-1');
  });

  it('has TLS where its three files are named', () => {
    const env = {
      ...secret,
      BELLHOP_RMAPI_TLS_CERT: '/c',
      BELLHOP_RMAPI_TLS_KEY: '/k',
      BELLHOP_RMAPI_TLS_CLIENT_CA: '/a',
    };
    const { tls, healthListen } = rmapiSettings(env, manifestFallback).door;
    expect(healthListen).toBe('127.0.0.1:8013');
    expect(tls).toEqual({ certificate: '/c', key: '/k', clientCa: '/a', revocations: undefined });
  });
});

describe('the manifest', () => {
  it('names deployment, caller and server', () => {
    expect(parseManifest(JSON.stringify(manifest), 'm.json')).toEqual({
      deployment: 'sleepy-sloth',
      callerCommonName: 'rasenmaeher',
      deployUrl: 'https://sleepy-sloth.example.org',
      serverName: 'sleepy-sloth.example.org',
    });
  });

  it('that is not there is the fallback, and a broken one is a mistake', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'bellhop-manifest-'));
    const path = join(dir, 'kraftwerk-init.json');
    const { deployment } = manifestFallback;
    expect(rmapiSettings(secret, await readManifest(path))).toMatchObject({
      door: { deployment },
      missingManifest: { path: '/pvarki/kraftwerk-init.json', instead: 'made_up' },
    });
    for (const text of ['{', '{}', '[]', JSON.stringify({ ...manifest, product: { dns: 'x' } })]) {
      await writeFile(path, text);
      await expect(readManifest(path)).rejects.toMatchObject({
        code: 'rmapi_invalid',
        problems: expect.arrayContaining([expect.stringContaining(path)]),
      });
    }
    await writeFile(path, JSON.stringify(manifest));
    expect(rmapiSettings(secret, await readManifest(path))).toMatchObject({
      door: { deployment: 'sleepy-sloth' },
      missingManifest: undefined,
    });
    await rm(dir, { recursive: true });
  });

  it('that is gone is what an earlier start has kept of it', () => {
    const read = parseManifest(JSON.stringify(manifest), 'm.json');
    const kept = parseManifest(manifestText(read), 'kept.json');
    expect(kept).toEqual(read);
    expect(rmapiSettings(secret, undefined, kept)).toMatchObject({
      door: { deployment: 'sleepy-sloth' },
      serverName: 'sleepy-sloth.example.org',
      missingManifest: { path: '/pvarki/kraftwerk-init.json', instead: 'kept' },
    });
    expect(rmapiSettings(secret, read, kept).missingManifest).toBeUndefined();
    const named = { ...secret, BELLHOP_RMAPI_MANIFEST: '/m.json' };
    expect(() => rmapiSettings(named, undefined, kept)).toThrow();
  });

  it('that the environment names is needed, and told beside all other mistakes', () => {
    const env = { BELLHOP_RMAPI_MANIFEST: '/etc/rmapi/typo.json' };
    const problems = [
      expect.stringMatching(/^BELLHOP_RMAPI_MANIFEST: .*\/etc\/rmapi\/typo\.json/),
      'SYNAPSE_REGISTRATION_SECRET: is needed',
    ];
    expect(() => rmapiSettings(env, undefined)).toThrow(
      expect.objectContaining({ code: 'rmapi_invalid', problems }),
    );
    const empty = { ...secret, BELLHOP_RMAPI_MANIFEST: '' };
    expect(rmapiSettings(empty, undefined).door.deployment).toBe(manifestFallback.deployment);
  });

  it('is where the environment says', () => {
    expect(manifestPathOf({})).toBe('/pvarki/kraftwerk-init.json');
    expect(manifestPathOf({ BELLHOP_RMAPI_MANIFEST: '/x.json' })).toBe('/x.json');
  });
});
