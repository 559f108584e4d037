import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A certificate and its key, as paths and as text. */
export interface Kept {
  readonly path: string;
  readonly cert: string;
  readonly key: string;
}

interface Wanted {
  /** As `openssl req -subj` takes it. */
  readonly subject: string;
  readonly extensions?: readonly string[];
  /** `YYYYMMDDHHMMSSZ` */
  readonly startsAt?: string;
  readonly endsAt?: string;
}

const forClients = ['basicConstraints=CA:FALSE', 'extendedKeyUsage=clientAuth'];

/** An authority that makes certificates, and revokes them. */
export interface Authority {
  readonly path: string;
  readonly cert: string;
  readonly key: string;
  issue(name: string, wanted: Wanted): Promise<Kept>;
  revoke(certificate: Kept): Promise<void>;
  /** A list of all that was revoked so far. */
  list(times?: { readonly madeAt: string; readonly endsAt: string }): Promise<string>;
}

/** A directory of certificates, made with the `openssl` command. */
export interface CertificateZoo extends AsyncDisposable {
  readonly dir: string;
  authority(name: string): Promise<Authority>;
}

const authorityConfig = (dir: string): string => `
[ca]
default_ca = here
[here]
database = ${dir}/index.txt
serial = ${dir}/serial
new_certs_dir = ${dir}
certificate = ${dir}/ca.pem
private_key = ${dir}/ca.key
default_md = sha256
default_days = 2
default_crl_hours = 1
unique_subject = no
policy = any
[any]
commonName = optional
organizationName = optional
[req]
distinguished_name = name
[name]
`;

async function openssl(...args: string[]): Promise<string> {
  // Loud only where it fails.
  return (await run('openssl', args)).stdout;
}

async function makeAuthority(dir: string, name: string, key: string): Promise<Authority> {
  const config = join(dir, 'ca.cnf');
  const path = join(dir, 'ca.pem');
  await mkdir(dir);
  await writeFile(config, authorityConfig(dir));
  await writeFile(join(dir, 'index.txt'), '');
  await writeFile(join(dir, 'serial'), '1000\n');
  const usages = ['-addext', 'keyUsage=critical,keyCertSign,cRLSign'];
  const own = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const files = ['-keyout', join(dir, 'ca.key'), '-out', path];
  await openssl('req', '-x509', ...own, ...files, '-subj', `/CN=${name}`, '-days', '2', ...usages);
  return {
    path,
    cert: await readFile(path, 'latin1'),
    key: await readFile(join(dir, 'ca.key'), 'latin1'),
    issue: async (file, { subject, extensions = forClients, startsAt, endsAt }) => {
      const request = join(dir, `${file}.csr`);
      const made = join(dir, `${file}.pem`);
      const wanted = join(dir, `${file}.ext`);
      await writeFile(wanted, extensions.join('\n'));
      await openssl(
        'req',
        '-new',
        '-utf8',
        '-key',
        key,
        '-subj',
        subject,
        '-config',
        config,
        '-out',
        request,
      );
      const times = [
        ...(startsAt === undefined ? [] : ['-startdate', startsAt]),
        ...(endsAt === undefined ? [] : ['-enddate', endsAt]),
      ];
      const io = ['-in', request, '-out', made, '-extfile', wanted, '-notext'];
      await openssl('ca', '-batch', '-config', config, '-preserveDN', '-utf8', ...io, ...times);
      return {
        path: made,
        cert: await readFile(made, 'latin1'),
        key: await readFile(key, 'latin1'),
      };
    },
    revoke: async (certificate) => {
      await openssl('ca', '-config', config, '-revoke', certificate.path);
    },
    list: async (times) => {
      const period =
        times === undefined
          ? []
          : ['-crl_lastupdate', times.madeAt, '-crl_nextupdate', times.endsAt];
      const out = join(dir, 'list.pem');
      await openssl('ca', '-config', config, '-gencrl', '-out', out, ...period);
      return readFileSync(out, 'latin1');
    },
  };
}

/** A new, empty zoo; one key serves all its certificates, as making keys takes the time. */
export async function openCertificateZoo(): Promise<CertificateZoo> {
  const dir = await mkdtemp(join(tmpdir(), 'bellhop-certificates-'));
  const key = join(dir, 'key.pem');
  await openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', key);
  return {
    dir,
    authority: (name) => makeAuthority(join(dir, name.replaceAll(' ', '-')), name, key),
    [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }),
  };
}

/** A revocation list with one bit of its signature turned. */
export function withDamagedSignature(list: string): string {
  const bytes = Buffer.from(list.replaceAll(/-----[^-]+-----/g, ''), 'base64');
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  return `-----BEGIN X509 CRL-----\n${bytes.toString('base64')}\n-----END X509 CRL-----\n`;
}
