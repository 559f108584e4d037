import { connect } from 'node:net';
import { onMessages } from './http-messages.ts';

/** How a flood went. */
export interface FloodResult {
  readonly answered: number;
  readonly failed: number;
  readonly seconds: number;
  readonly perSecond: number;
}

export interface Flood {
  readonly port: number;
  readonly connections: number;
  /** Ends after this many milliseconds … */
  readonly forMs: number;
  /** … or after this many answers. */
  readonly answersMax?: number;
  /** The whole requests, headers included; sent in turn, or made one by one. */
  readonly requests: readonly Buffer[] | ((n: number) => Buffer);
}

/**
 * Sends prepared requests over keep-alive sockets, one under way on each, and counts the answers: exactly so many as are
 * asked for. Where the rate itself is the figure, `load` takes less of the machine.
 */
export async function flood(options: Flood): Promise<FloodResult> {
  const startedAt = performance.now();
  const endAt = startedAt + options.forMs;
  const state = { sent: 0, answered: 0, failed: 0 };
  const mayGoOn = () =>
    performance.now() < endAt && state.sent < (options.answersMax ?? Number.POSITIVE_INFINITY);
  await Promise.all(
    Array.from({ length: options.connections }, () => runConnection(options, state, mayGoOn)),
  );
  const seconds = (performance.now() - startedAt) / 1_000;
  const { answered, failed } = state;
  return { answered, failed, seconds, perSecond: answered / seconds };
}

async function runConnection(
  options: Flood,
  state: { sent: number; answered: number; failed: number },
  mayGoOn: () => boolean,
): Promise<void> {
  const { requests } = options;
  const request =
    typeof requests === 'function'
      ? requests
      : (n: number) => requests[n % requests.length] ?? Buffer.alloc(0);
  await new Promise<void>((resolve, reject) => {
    const socket = connect({ port: options.port, host: '127.0.0.1', noDelay: true });
    const sendNext = () => {
      if (mayGoOn()) socket.write(request(state.sent++));
      else socket.end(resolve);
    };
    socket.once('connect', sendNext);
    socket.once('error', reject);
    onMessages(socket, (head) => {
      if (head.startsWith('HTTP/1.1 2')) state.answered++;
      else state.failed++;
      sendNext();
    });
  });
}
