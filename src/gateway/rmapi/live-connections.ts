import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** The open connections of a listener, so that those from before a change of trust can be ended. */
export class LiveConnections {
  readonly #server: HttpServer;
  readonly #open = new Set<Socket>();
  readonly #outdated = new Set<Socket>();

  constructor(server: HttpServer) {
    this.#server = server;
    server.on('secureConnection', (socket: Socket) => {
      this.#open.add(socket);
      socket.once('close', () => {
        this.#open.delete(socket);
        this.#outdated.delete(socket);
      });
    });
    server.prependListener('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
      if (this.#outdated.has(socket)) socket.destroy();
      response.once('close', () => {
        if (this.#outdated.has(socket)) socket.destroy();
      });
    });
  }

  /** Ends all connections: idle ones now, busy ones with their answer, those that were told so before at once. */
  end(): void {
    for (const socket of this.#outdated) socket.destroy();
    for (const socket of this.#open) this.#outdated.add(socket);
    this.#server.closeIdleConnections();
  }
}
