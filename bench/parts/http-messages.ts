import type { Socket } from 'node:net';

const headerEnd = Buffer.from('\r\n\r\n');

/** Calls back with the head of each whole HTTP message, request or answer, that carries a Content-Length or no body. */
export function onMessages(socket: Socket, callback: (head: string) => void): void {
  let pending: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    for (;;) {
      const end = pending.indexOf(headerEnd);
      if (end < 0) return;
      const head = pending.toString('latin1', 0, end);
      const length = Number(/content-length: *(\d+)/i.exec(head)?.[1] ?? 0);
      const whole = end + headerEnd.length + length;
      if (pending.length < whole) return;
      pending = pending.subarray(whole);
      callback(head);
    }
  });
}
