import { once } from 'node:events';
import {
  Agent,
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a proxy says in the homeserver's place. */
export type FalseAnswer =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly body: string;
      readonly contentType?: string;
    }
  /** Nothing, and the connection stays open. */
  | { readonly kind: 'stall' }
  /** Nothing, and the connection ends. */
  | { readonly kind: 'drop' };

/** One request that left for the homeserver. */
export interface RecordedRequest {
  readonly method: string;
  /** Path and query as they were sent. */
  readonly path: string;
  /** Names and values as they were sent. */
  readonly headers: readonly string[];
  readonly body: Buffer;
}

/** A false answer for as long as it is not removed. */
export class Lie {
  readonly #stalled = new Set<ServerResponse>();
  readonly #onRemove: () => void;
  #answer: FalseAnswer;
  #hits = 0;

  constructor(answer: FalseAnswer, onRemove: () => void) {
    this.#answer = answer;
    this.#onRemove = onRemove;
  }

  /** How often it was told. */
  get hits(): number {
    return this.#hits;
  }

  tell(outgoing: ServerResponse): void {
    this.#hits++;
    const answer = this.#answer;
    switch (answer.kind) {
      case 'answer': {
        const { status, body, contentType = 'application/json' } = answer;
        outgoing.writeHead(status, { 'content-type': contentType }).end(body);
        return;
      }
      case 'stall':
        this.#stalled.add(outgoing);
        return;
      case 'drop':
        outgoing.destroy();
    }
  }

  /** Ends the connections of who was kept waiting; nobody is from now on. */
  breakOff(): void {
    if (this.#answer.kind === 'stall') this.#answer = { kind: 'drop' };
    for (const outgoing of this.#stalled) outgoing.destroy();
    this.#stalled.clear();
  }

  /** From now on the homeserver answers. */
  remove(): void {
    this.#onRemove();
    this.breakOff();
  }
}

/** Stands between Bellhop and a homeserver: it keeps every byte that was sent, and answers falsely where it is told to. */
export class RecordingProxy implements AsyncDisposable {
  readonly requests: RecordedRequest[] = [];
  readonly #target: URL;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #lies = new Map<string, Lie>();
  readonly #server: Server;

  private constructor(target: string) {
    this.#target = new URL(target);
    this.#server = createServer((incoming, outgoing) => {
      this.#pass(incoming, outgoing).catch(() => outgoing.destroy());
    });
  }

  /** @param target - the homeserver's base URL */
  static async start(target: string): Promise<RecordingProxy> {
    const proxy = new RecordingProxy(target);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  /** Without a trailing slash. */
  get baseUrl(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}`;
  }

  /** Answers this request falsely from now on. @param path - percent-encoded or not, without a query */
  lie(method: string, path: string, answer: FalseAnswer): Lie {
    const key = `${method} ${decodeURIComponent(path)}`;
    const told = new Lie(answer, () => this.#lies.delete(key));
    this.#lies.set(key, told);
    return told;
  }

  /** Those of `words` that were in anything that was sent: a path, a header or a body. */
  heard(words: readonly string[]): string[] {
    const sent = this.requests.map(({ path, headers, body }) =>
      [path, decodeURIComponent(path), ...headers, body.toString('latin1')]
        .join('\n')
        .toLowerCase(),
    );
    return words.filter((word) => sent.some((text) => text.includes(word.toLowerCase())));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#agent.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { method = '', url: path = '', rawHeaders: headers } = incoming;
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    this.requests.push({ method, path, headers, body });
    const plain = decodeURIComponent(path.replace(/\?.*$/s, ''));
    const lie = this.#lies.get(`${method} ${plain}`);
    if (lie === undefined) {
      await this.#forward(incoming, body, outgoing);
      return;
    }
    lie.tell(outgoing);
  }

  async #forward(incoming: IncomingMessage, body: Buffer, outgoing: ServerResponse): Promise<void> {
    const { hostname, port } = this.#target;
    const { method, url, headers } = incoming;
    const onward = request({ agent: this.#agent, hostname, port, method, path: url, headers });
    // Who no longer waits for an answer lets it go on the other side too.
    outgoing.once('close', () => onward.destroy());
    onward.end(body);
    const [answer] = (await once(onward, 'response')) as [IncomingMessage];
    outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
    answer.on('error', () => outgoing.destroy()).pipe(outgoing);
  }
}
