import { Pool } from 'undici';

/** The cheapest client: undici `dispatch`, one request under way in each of many rooms. Prints messages per second. */
const [port, rooms, total] = process.argv.slice(2).map(Number);
const pool = new Pool(`http://127.0.0.1:${port}`, { connections: 64, pipelining: 1 });
const body = JSON.stringify({ msgtype: 'm.text', body: 'x'.repeat(300), 'm.mentions': {} });
const headers = { authorization: 'Bearer token', 'content-type': 'application/json' };
let sent = 0;

async function put(room: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const path = `/_matrix/client/v3/rooms/!r${room}/send/m.room.message/t${sent}`;
    pool.dispatch(
      { method: 'PUT', path, headers, body },
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

async function runRoom(room: number): Promise<void> {
  while (sent < (total ?? 0)) {
    sent++;
    await put(room);
  }
}

const startedAt = performance.now();
await Promise.all(Array.from({ length: rooms ?? 0 }, (_, room) => runRoom(room)));
console.log(((total ?? 0) / (performance.now() - startedAt)) * 1_000);
await pool.close();
