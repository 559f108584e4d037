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
  | { readonly kind: 'unknown'; readonly why: string }
  /** What it says cannot be read, or has two meanings. */
  | { readonly kind: 'unreadable'; readonly why: string };

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

const unknown = (why: string): CallerIdentity => ({ kind: 'unknown', why });
const unreadable = (why: string): CallerIdentity => ({ kind: 'unreadable', why });

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
  if (text === undefined) return unknown(`there is no header ${trust.headerName}`);
  if (typeof text !== 'string') return unreadable(`${trust.headerName} is there more than once`);
  const attributes = parseDistinguishedName(text);
  if (attributes === undefined)
    return unreadable(`${trust.headerName} is no name of a certificate`);
  const commonNames = attributes.filter(({ type }) => commonNameTypes.includes(type));
  if (commonNames.length === 0) return { kind: 'known', commonName: undefined };
  const [{ value = '' } = {}] = commonNames;
  const isOne = commonNames.length === 1;
  return isOne && value !== '' && value.length <= commonNameLengthMax
    ? { kind: 'known', commonName: value }
    : unreadable('the certificate has an empty or too long common name, or several');
}

/** Who the headers say, if they come from a proxy that may say so. */
export function identityOfHeaders(request: IncomingMessage, trust: HeaderTrust): CallerIdentity {
  if (!trust.proxies.has(request.socket.remoteAddress)) {
    return unknown('the peer is none of the trusted proxies');
  }
  const { linkerd } = trust;
  if (linkerd === undefined) return fromCertificateHeader(request, trust);
  const identity = headerOf(request, linkerd.headerName);
  if (identity === undefined) {
    return linkerd.required
      ? unknown('it does not come through the mesh')
      : fromCertificateHeader(request, trust);
  }
  if (typeof identity !== 'string') {
    return unreadable(`${linkerd.headerName} is there more than once`);
  }
  return linkerd.ingressIdentities.includes(identity)
    ? fromCertificateHeader(request, trust)
    : { kind: 'known', commonName: identity };
}

/** The holder of a client's certificate, by its one common name. */
function holderOf(certificate: X509Certificate): CallerIdentity {
  // Undefined where the certificate says nothing of it.
  const usages = certificate.keyUsage as readonly string[] | undefined;
  if (certificate.ca) return unreadable('the certificate is an authority, and no client');
  if (usages?.includes(clientAuthentication) !== true) {
    return unreadable(
      'the certificate is not made for clients: its extended key usage lacks clientAuth',
    );
  }
  // A list where there are several; OpenSSL reads them from the certificate itself, so nothing in a value splits it.
  const name: unknown = certificate.toLegacyObject().subject.CN;
  return typeof name === 'string' && name !== ''
    ? { kind: 'known', commonName: name }
    : unreadable('the certificate has no common name, or several');
}

/**
 * Who the connection's own client certificate says, at `now` in wall-clock milliseconds: a connection that is never idle
 * outlives its certificate. A resumed session proves none, as its check is not repeated.
 */
export function identityOfCertificate({ socket }: IncomingMessage, now: number): CallerIdentity {
  if (!(socket instanceof TLSSocket) || !socket.authorized || socket.isSessionReused()) {
    return unknown('the connection proves no certificate');
  }
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return unknown('the connection proves no certificate');
  if (certificate.validToDate.getTime() < now) return unknown('the certificate has expired');
  return holderOf(certificate);
}
