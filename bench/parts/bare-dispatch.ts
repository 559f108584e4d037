import { Pool } from 'undici';
import { canonicalJson } from '../../src/notification/canonical-json.ts';
import { render } from '../../src/notification/render.ts';
import { notificationOf } from './notifications.ts';

/**
 * The cheapest client: undici `dispatch`, one request under way in each of many rooms, with the events that the gateway
 * makes of the benchmark's notifications. Prints messages per second, after those that warm it up.
 */
const [port, rooms, warmUp, counted] = process.argv.slice(2).map(Number);
const pool = new Pool(`http://127.0.0.1:${port}`, { connections: 64, pipelining: 1 });
const bodies = Array.from({ length: rooms ?? 0 }, (_, room) =>
  canonicalJson(render({ ...notificationOf(room), format: 'plain' }, { msgtype: 'm.text' })),
);
const headers = { authorization: 'Bearer token', 'content-type': 'application/json' };
let sent = 0;

async function put(room: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const path = `/_matrix/client/v3/rooms/!r${room}/send/m.room.message/t${sent}`;
    pool.dispatch(
      { method: 'PUT', path, headers, body: bodies[room] ?? '' },
      {
        onRequestStart: () => undefined,
        onResponseStart: () => undefined,
        onResponseData: () => undefined,
        onResponseEnd: () => resolve(),
        onResponseError: (_controller, error) => reject(error),
      },
    );
  });
}

async function runRoom(room: number, upTo: number): Promise<void> {
  while (sent < upTo) {
    sent++;
    await put(room);
  }
}

async function send(upTo: number): Promise<void> {
  await Promise.all(Array.from({ length: rooms ?? 0 }, (_, room) => runRoom(room, upTo)));
}

await send(warmUp ?? 0);
const startedAt = performance.now();
await send((warmUp ?? 0) + (counted ?? 0));
console.log(((counted ?? 0) / (performance.now() - startedAt)) * 1_000);
await pool.close();
