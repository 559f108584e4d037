import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { NullHomeserver } from './null-homeserver.ts';

const pause = async () => await new Promise((resolve) => setTimeout(resolve, 5));

function answersOf(delayMs: number, take: () => void): RequestListener {
  return (request, response) => {
    const answer = (status: number, body: object) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    };
    request.resume();
    if (request.method === 'PUT')
      return setTimeout(() => {
        take();
        answer(200, { event_id: `$${'0123456789'.repeat(4)}012` });
      }, delayMs);
    if (request.url === '/_matrix/client/versions')
      return answer(200, { versions: ['v1.15'], unstable_features: {} });
    if (request.url === '/_matrix/client/v3/account/whoami')
      return answer(200, { user_id: '@bench:localhost', device_id: 'BENCH' });
    return answer(404, { errcode: 'M_NOT_FOUND', error: 'Event not found.' });
  };
}

/** One that takes every event as well, but only after a while, as one does that stores it. */
export async function startSlowHomeserver(
  delayMs: number,
  before?: number,
): Promise<NullHomeserver> {
  let taken = 0;
  let firstAt = 0;
  let lastAt = 0;
  const take = () => {
    lastAt = performance.now();
    if (taken === 0) firstAt = lastAt;
    taken++;
  };
  const server = createServer({ keepAliveTimeout: 3_600_000 }, answersOf(delayMs, take));
  await new Promise<void>((resolve) => server.listen(before ?? 0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    events: () => taken,
    async rate(events) {
      while (taken < events) await pause();
      return (taken / (lastAt - firstAt)) * 1_000;
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
