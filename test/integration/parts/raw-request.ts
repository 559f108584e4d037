import { connect } from 'node:net';
import type { Answer } from './call.ts';

/** Longer than the gateway lets a request take, and its look at the clock. */
const deadlineMs = 50_000;

/**
 * Sends bytes as they are, which no HTTP client would, and reads until the gateway closes the connection.
 * @throws Error when it does not
 */
export async function rawRequest(
  url: string,
  bytes: string | Uint8Array,
): Promise<Pick<Answer, 'status' | 'text'>> {
  const { hostname, port } = new URL(url);
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connect(Number(port), hostname);
  let answer = '';
  socket.setEncoding('utf8').on('data', (text: string) => {
    answer += text;
  });
  socket.setTimeout(deadlineMs, () => {
    socket.destroy();
    reject(new Error(`The connection was not closed after: ${answer}`));
  });
  socket.once('error', reject).once('close', () => resolve(answer));
  socket.write(bytes);
  const [head = '', ...body] = (await promise).split('\r\n\r\n');
  return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1]), text: body.join('\r\n\r\n') };
}
