import { constants, createHash, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { Failure } from '../../errors.ts';
import { type RevocationList, readRevocationList, subjectOf } from './revocation-list.ts';

/** Where the parts of a TLS listener with client certificates are, as PEM files. */
export interface TlsFiles {
  readonly certificate: string;
  readonly key: string;
  /** The authorities whose certificates clients may show. */
  readonly clientCa: string;
  /** Revocation lists, one of each authority; undefined: nothing is ever revoked. */
  readonly revocations: string | undefined;
}

/** The files' content as it was read. */
export interface TlsTexts {
  readonly certificate: string;
  readonly key: string;
  readonly clientCa: string;
  readonly revocations: string | undefined;
  /** Tells two readings apart. */
  readonly digest: string;
}

/** What the listener is given. All of it each time: Node.js does not merge with what was there. */
export interface TlsOptions {
  readonly cert: string;
  readonly key: string;
  readonly ca: string[];
  /** One list each: of several in one text Node.js takes the first. */
  readonly crl?: string[];
  readonly requestCert: true;
  readonly rejectUnauthorized: true;
  readonly secureOptions: number;
  readonly handshakeTimeout: number;
}

/** Checked files, ready for use. */
export interface TlsMaterial {
  readonly options: TlsOptions;
  readonly digest: string;
  /** When the server's own certificate or the first revocation list expires; wall-clock milliseconds. */
  readonly certificateEndsAt: number;
  readonly revocationsEndAt: number | undefined;
  /** Whether each authority has a revocation list, where there are any: without, its clients are all refused. */
  readonly isComplete: boolean;
}

/** A handshake of honest clients takes less, also over a slow line; after it nobody is left from before a change. */
export const handshakeMsMax = 5000;

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, 'latin1');
  } catch (cause) {
    const { code = 'unknown error' } = cause as NodeJS.ErrnoException;
    const problems = [`rmapi TLS: ${path} cannot be read (${code})`];
    throw new Failure('rmapi_invalid', { problems, cause });
  }
}

/** Reads the files. @throws Failure rmapi_invalid for the first that cannot be read */
export async function readTlsFiles(files: TlsFiles): Promise<TlsTexts> {
  const [certificate, key, clientCa, revocations] = await Promise.all([
    read(files.certificate),
    read(files.key),
    read(files.clientCa),
    files.revocations === undefined ? Promise.resolve(undefined) : read(files.revocations),
  ]);
  const hash = createHash('sha256');
  for (const text of [certificate, key, clientCa, revocations ?? '']) {
    hash.update(`${text.length}:`).update(text, 'latin1');
  }
  return { certificate, key, clientCa, revocations, digest: hash.digest('hex') };
}

/** The PEM blocks with this label. @throws Error if there is none, or one is cut off */
function pemBlocks(text: string, label: string): string[] {
  const begin = `-----BEGIN ${label}-----`;
  const blocks = text
    .split(begin)
    .slice(1)
    .map((part) => {
      const end = part.indexOf(`-----END ${label}-----`);
      if (end === -1) throw new Error(`a PEM block "${label}" has no end`);
      return `${begin}${part.slice(0, end)}-----END ${label}-----\n`;
    });
  if (blocks.length === 0) throw new Error(`there is no PEM block "${label}"`);
  return blocks;
}

function pemBytes(block: string): Buffer {
  return Buffer.from(block.replaceAll(/-----[^-]+-----/g, ''), 'base64');
}

interface Authority {
  readonly certificate: X509Certificate;
  readonly subject: Uint8Array;
}

const isOf = (list: RevocationList, { subject }: Authority): boolean =>
  Buffer.compare(subject, list.issuer) === 0;

function readLists(text: string, authorities: readonly Authority[]): RevocationList[] {
  return pemBlocks(text, 'X509 CRL').map((block) => {
    const list = readRevocationList(pemBytes(block));
    if (list === undefined) throw new Error('a revocation list cannot be read');
    const issuers = authorities.filter((authority) => isOf(list, authority));
    if (issuers.length === 0) {
      throw new Error('a revocation list is of none of the client authorities');
    }
    if (!issuers.some(({ certificate }) => list.isSignedBy(certificate))) {
      throw new Error('a revocation list is not signed by its authority');
    }
    return list;
  });
}

function check(texts: TlsTexts): TlsMaterial {
  const ca = pemBlocks(texts.clientCa, 'CERTIFICATE');
  const authorities = ca.flatMap((block): Authority[] => {
    const certificate = new X509Certificate(block);
    const subject = subjectOf(certificate);
    return subject === undefined ? [] : [{ certificate, subject }];
  });
  const lists = texts.revocations === undefined ? [] : readLists(texts.revocations, authorities);
  const options: TlsOptions = {
    cert: texts.certificate,
    key: texts.key,
    ca,
    ...(texts.revocations !== undefined && { crl: pemBlocks(texts.revocations, 'X509 CRL') }),
    requestCert: true,
    rejectUnauthorized: true,
    // A resumed session would skip the check of the certificate against the revocation list.
    secureOptions: constants.SSL_OP_NO_TICKET,
    handshakeTimeout: handshakeMsMax,
  };
  createSecureContext(options);
  const endings = lists.map(({ nextUpdateAt }) => nextUpdateAt).filter((at) => at !== undefined);
  const isListed = (authority: Authority) => lists.some((list) => isOf(list, authority));
  return {
    options,
    digest: texts.digest,
    certificateEndsAt: new X509Certificate(texts.certificate).validToDate.getTime(),
    revocationsEndAt: endings.length === 0 ? undefined : Math.min(...endings),
    isComplete: texts.revocations === undefined || authorities.every(isListed),
  };
}

/** Checks that the files can be used together. @throws Failure rmapi_invalid, never with their content */
export function checkTlsFiles(texts: TlsTexts): TlsMaterial {
  try {
    return check(texts);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : 'unknown error';
    throw new Failure('rmapi_invalid', { problems: [`rmapi TLS: ${why}`], cause });
  }
}
