import { verify, type X509Certificate } from 'node:crypto';
import { type DerElement, derElements } from './der.ts';

/** What a certificate revocation list (RFC 5280, 5) says of itself. */
export interface RevocationList {
  /** The issuer's name as DER. */
  readonly issuer: Uint8Array;
  /** Wall-clock milliseconds; undefined: it never expires. */
  readonly nextUpdateAt: number | undefined;
  /** Whether this authority signed it; true also where the way of signing is none of the usual ones. */
  isSignedBy(authority: X509Certificate): boolean;
}

const sequence = 0x30;
const integer = 0x02;
const utcTime = 0x17;
const generalizedTime = 0x18;
const explicitVersion = 0xa0;
/** All that is of interest stands among the first so many members. */
const membersMax = 8;

/** Digests by the identifier of what they are signed with, as hex of its DER; null: the signature has its own. */
const digests: ReadonlyMap<string, string | null> = new Map([
  ['06092a864886f70d010105', 'sha1'],
  ['06092a864886f70d01010b', 'sha256'],
  ['06092a864886f70d01010c', 'sha384'],
  ['06092a864886f70d01010d', 'sha512'],
  ['06082a8648ce3d040302', 'sha256'],
  ['06082a8648ce3d040303', 'sha384'],
  ['06082a8648ce3d040304', 'sha512'],
  ['06032b6570', null],
  ['06032b6571', null],
]);

const timePattern = /^(\d{2,4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/;

/** A time of RFC 5280, 4.1.2.5, in milliseconds; undefined: it is none. */
function readTime({ tag, content }: DerElement): number | undefined {
  const match = timePattern.exec(Buffer.from(content).toString('latin1'));
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1)
    .map(Number);
  const century = tag === generalizedTime ? 0 : year < 50 ? 2000 : 1900;
  return Date.UTC(century + year, month - 1, day, hour, minute, second);
}

const isTime = ({ tag }: DerElement): boolean => tag === utcTime || tag === generalizedTime;

/** The members of the first, signed part of a certificate or list. */
function signedMembers(der: Uint8Array): DerElement[] | undefined {
  const outer = derElements(der, 1)?.[0];
  const signed = outer?.tag === sequence ? derElements(outer.content, 1)?.[0] : undefined;
  return signed?.tag === sequence ? derElements(signed.content, membersMax) : undefined;
}

/** What OpenSSL checks with each client; a list that fails there refuses them all. */
function signatureCheck(der: Uint8Array): RevocationList['isSignedBy'] {
  const outer = derElements(der, 1)?.[0];
  const [signed, algorithm, bits] = derElements(outer?.content ?? new Uint8Array(), 3) ?? [];
  const identifier = derElements(algorithm?.content ?? new Uint8Array(), 1)?.[0]?.whole;
  const digest = digests.get(Buffer.from(identifier ?? []).toString('hex'));
  if (signed === undefined || bits === undefined) return () => false;
  // The first octet says how many bits of the last do not count: none, in signatures.
  const signature = bits.content.subarray(1);
  return ({ publicKey }) =>
    digest === undefined || verify(digest, signed.whole, publicKey, signature);
}

/** Reads a revocation list as far as its dates, and its signature; undefined: it is none. OpenSSL reads the rest. */
export function readRevocationList(der: Uint8Array): RevocationList | undefined {
  const members = signedMembers(der);
  if (members === undefined) return undefined;
  const [, issuer, thisUpdate, nextUpdate] =
    members[0]?.tag === integer ? members.slice(1) : members;
  if (issuer?.tag !== sequence || thisUpdate === undefined || !isTime(thisUpdate)) return undefined;
  const hasNext = nextUpdate !== undefined && isTime(nextUpdate);
  return {
    issuer: issuer.whole,
    nextUpdateAt: hasNext ? readTime(nextUpdate) : undefined,
    isSignedBy: signatureCheck(der),
  };
}

/** A certificate's subject as DER. */
export function subjectOf({ raw }: X509Certificate): Uint8Array | undefined {
  const members = signedMembers(raw) ?? [];
  const [, , , , subject] = members[0]?.tag === explicitVersion ? members.slice(1) : members;
  return subject?.whole;
}
