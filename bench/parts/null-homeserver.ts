import { createServer, type Socket } from 'node:net';
import { onMessages } from './http-messages.ts';

/**
 * A homeserver that takes every event and remembers nothing: the cheapest thing a sender can talk to. Run as a process of
 * its own; it prints its port, and for each line
 * on stdin how many events it took and how long it was from the first to the last.
 */
const notFound = answer(404, '{"errcode":"M_NOT_FOUND","error":"Event not found."}');
const taken = answer(200, '{"event_id":"$0123456789012345678901234567890123456789012"}');
const versions = answer(200, '{"versions":["v1.15"],"unstable_features":{}}');
const whoami = answer(200, '{"user_id":"@bench:localhost","device_id":"BENCH"}');
let events = 0;
let firstAt = 0;
let lastAt = 0;

function answer(status: number, body: string): Buffer {
  const head = `HTTP/1.1 ${status} X\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`;
  return Buffer.from(head + body);
}

function answerTo(line: string): Buffer {
  if (line.startsWith('PUT ')) {
    lastAt = performance.now();
    if (events++ === 0) firstAt = lastAt;
    return taken;
  }
  if (line.includes('/versions')) return versions;
  if (line.includes('/whoami')) return whoami;
  return notFound;
}

function serve(socket: Socket): void {
  socket.setNoDelay(true);
  socket.on('error', () => socket.destroy());
  onMessages(socket, (head) => socket.write(answerTo(head)));
}

const server = createServer(serve);
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  console.log(typeof address === 'object' && address !== null ? address.port : 0);
});
process.stdin.on('data', () => console.log(JSON.stringify({ events, ms: lastAt - firstAt })));
process.stdin.on('end', () => process.exit(0));
