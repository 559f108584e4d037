import type { Socket } from 'node:net';
import type { Clock } from '../clock.ts';
import type { Listener } from './listener.ts';
import { SeldomTold } from './seldom-told.ts';

/** A TLS connection that never came about: there was no request, and so no answer that could say why. */
export interface FailedHandshake {
  /** The listener's. */
  readonly address: string;
  /** The IP address of the TCP peer. */
  readonly peer: string | undefined;
  /** What a person can look for. */
  readonly why: string;
}

/** The usual ones in words; the others as OpenSSL names them. */
const reasons: Readonly<Record<string, string>> = {
  ERR_SSL_HTTP_REQUEST: 'the client speaks http, not https',
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: 'the client does not know the authority of the certificate',
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: 'the client refuses the certificate',
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN: 'the client refuses the certificate',
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: 'the client finds the certificate expired',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'the client does not speak TLS 1.2 or later',
};

/** Load balancers connect and go to see whether somebody listens. */
const isProbe = (code: string): boolean => code === 'ECONNRESET' || code === 'EPIPE';

/** Tells of handshakes that fail: once in a minute for each peer and reason. */
export function watchHandshakes(
  { server, address }: Listener,
  clock: Clock,
  tell: (failed: FailedHandshake) => void,
): void {
  const seldom = new SeldomTold(clock);
  // Emitted by servers with a certificate alone.
  server.on('tlsClientError', ({ code = 'unknown' }: NodeJS.ErrnoException, socket: Socket) => {
    if (isProbe(code)) return;
    const peer = socket.remoteAddress;
    const why = reasons[code] ?? code;
    if (seldom.isDue(JSON.stringify([peer, why]))) tell({ address, peer, why });
  });
}
