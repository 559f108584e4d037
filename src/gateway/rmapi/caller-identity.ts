import type { X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import type { TrustedProxies } from '../settings.ts';
import { parseDistinguishedName } from './distinguished-name.ts';

/** Who a request comes from. */
export type CallerIdentity =
  | {
      readonly kind: 'known';
      /** Undefined: the name has none, so its holder is nobody in particular. */
      readonly commonName: string | undefined;
    }
  /** It says nothing of itself, or nothing that counts. */
  | { readonly kind: 'unknown' }
  /** What it says cannot be read, or has two meanings. */
  | { readonly kind: 'unreadable' };

/** Identities that a Linkerd mesh proves. */
export interface LinkerdSettings {
  /** In lower case. */
  readonly headerName: string;
  /** The proxies whose certificate header counts. */
  readonly ingressIdentities: readonly string[];
  /** Whether whoever comes from outside the mesh is nobody. */
  readonly required: boolean;
}

/** What is believed of a header. */
export interface HeaderTrust {
  /** The header that holds the client certificate's name, in lower case. */
  readonly headerName: string;
  readonly proxies: TrustedProxies;
  readonly linkerd: LinkerdSettings | undefined;
}

const unknown: CallerIdentity = { kind: 'unknown' };
const unreadable: CallerIdentity = { kind: 'unreadable' };

/** CN, by name and by number. */
const commonNameTypes = ['CN', '2.5.4.3'];
/** The upper bound of X.520 for a common name, in characters. */
const commonNameLengthMax = 64;
/** Extended key usage `id-kp-clientAuth` (RFC 5280, 4.2.1.12). */
const clientAuthentication = '1.3.6.1.5.5.7.3.2';

/** A header's one value; undefined: it is not there, or empty; a list: it is there more than once. */
function headerOf(request: IncomingMessage, name: string): string | readonly string[] | undefined {
  const values = request.headersDistinct[name];
  if (values === undefined || values.length > 1) return values;
  return values[0] === '' ? undefined : values[0];
}

function fromCertificateHeader(request: IncomingMessage, trust: HeaderTrust): CallerIdentity {
  const text = headerOf(request, trust.headerName);
  if (text === undefined) return unknown;
  if (typeof text !== 'string') return unreadable;
  const attributes = parseDistinguishedName(text);
  if (attributes === undefined) return unreadable;
  const commonNames = attributes.filter(({ type }) => commonNameTypes.includes(type));
  if (commonNames.length === 0) return { kind: 'known', commonName: undefined };
  const [{ value = '' } = {}] = commonNames;
  const isOne = commonNames.length === 1;
  return isOne && value !== '' && value.length <= commonNameLengthMax
    ? { kind: 'known', commonName: value }
    : unreadable;
}

/** Who the headers say, if they come from a proxy that may say so. */
export function identityOfHeaders(request: IncomingMessage, trust: HeaderTrust): CallerIdentity {
  if (!trust.proxies.has(request.socket.remoteAddress)) return unknown;
  const { linkerd } = trust;
  if (linkerd === undefined) return fromCertificateHeader(request, trust);
  const identity = headerOf(request, linkerd.headerName);
  if (identity === undefined) {
    return linkerd.required ? unknown : fromCertificateHeader(request, trust);
  }
  if (typeof identity !== 'string') return unreadable;
  return linkerd.ingressIdentities.includes(identity)
    ? fromCertificateHeader(request, trust)
    : { kind: 'known', commonName: identity };
}

/** The one common name of a client's certificate; undefined: it has none or several, or is not made for clients. */
function commonNameOf(certificate: X509Certificate): string | undefined {
  // Undefined where the certificate says nothing of it.
  const usages = certificate.keyUsage as readonly string[] | undefined;
  if (certificate.ca || usages?.includes(clientAuthentication) !== true) return undefined;
  // A list where there are several; OpenSSL reads them from the certificate itself, so nothing in a value splits it.
  const name: unknown = certificate.toLegacyObject().subject.CN;
  return typeof name === 'string' && name !== '' ? name : undefined;
}

/**
 * Who the connection's own client certificate says, at `now` in wall-clock milliseconds: a connection that is never idle
 * outlives its certificate. A resumed session proves none, as its check is not repeated.
 */
export function identityOfCertificate({ socket }: IncomingMessage, now: number): CallerIdentity {
  if (!(socket instanceof TLSSocket) || !socket.authorized || socket.isSessionReused()) {
    return unknown;
  }
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined || certificate.validToDate.getTime() < now) return unknown;
  const commonName = commonNameOf(certificate);
  return commonName === undefined ? unreadable : { kind: 'known', commonName };
}
