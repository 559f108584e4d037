import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { catalogue } from '../errors.ts';

interface Refusal {
  readonly status: number;
  readonly reason: string;
  readonly detail: string;
}

/** The limits that a caller hears of when it breaks them. */
export interface RequestLimits {
  readonly headerBytesMax: number;
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
}

function refusalOf(code: string, limits: RequestLimits): Refusal {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return {
        status: 431,
        reason: 'Request Header Fields Too Large',
        detail: `headers: request line and headers may have ${limits.headerBytesMax} bytes.`,
      };
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return {
        status: 408,
        reason: 'Request Timeout',
        detail: `request: its headers must arrive within ${limits.headersTimeoutMs / 1000} s, all of it within ${limits.requestTimeoutMs / 1000} s.`,
      };
    default:
      return {
        status: 400,
        reason: 'Bad Request',
        detail: `request: it breaks the rules of HTTP/1.1 (${code}).`,
      };
  }
}

/** A problem document that is a Matrix error too, as the path may not be known. */
function answerTo({ status, reason, detail }: Refusal): string {
  const { sentence: title, remedy } = catalogue.bad_input;
  const body = JSON.stringify({
    type: 'urn:bellhop:error:bad_input',
    title,
    status,
    detail,
    code: 'bad_input',
    remedy,
    errcode: 'M_UNKNOWN',
    error: detail,
  });
  const headers = [
    `HTTP/1.1 ${status} ${reason}`,
    'content-type: application/problem+json',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  return `${headers.join('\r\n')}\r\n\r\n${body}`;
}

/** Whether the connection itself is sound, so that an answer can arrive; a failed TLS handshake is none. */
const isAnswerable = (code: string): boolean =>
  code === 'ERR_HTTP_REQUEST_TIMEOUT' || code.startsWith('HPE_');

const lastResponse = Symbol('lastResponse');

/** Marked with a property, as a WeakMap that changes with every request costs the garbage collector much. */
interface KnownSocket extends Socket {
  [lastResponse]?: ServerResponse;
}

/**
 * Tells a caller why its request cannot be read as HTTP, or came too slowly, and closes the connection. Without this
 * Node.js answers with a bare status.
 */
export function explainBrokenRequests(server: Server, limits: RequestLimits): void {
  server.prependListener('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    (socket as KnownSocket)[lastResponse] = response;
  });
  server.on('clientError', ({ code = '' }: NodeJS.ErrnoException, socket: Socket) => {
    const last = (socket as KnownSocket)[lastResponse];
    // Half an answer must not be followed by another.
    const isAnswering = last?.headersSent === true && !last.writableFinished;
    if (isAnswering || !socket.writable || !isAnswerable(code)) {
      socket.destroy();
      return;
    }
    socket.write(answerTo(refusalOf(code, limits)));
    socket.destroySoon();
  });
}
