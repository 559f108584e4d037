import type { Server as HttpServer } from 'node:http';
import { Server as HttpsServer } from 'node:https';
import type { Clock } from '../../clock.ts';
import type { ReadinessCheck } from '../gateway-deps.ts';
import { LiveConnections } from './live-connections.ts';
import type { RmapiEvents } from './rmapi-deps.ts';
import {
  checkTlsFiles,
  handshakeMsMax,
  readTlsFiles,
  type TlsFiles,
  type TlsMaterial,
  type TlsTexts,
} from './tls-files.ts';

/**
 * How often the files are looked at. Twice this and the longest handshake are below the 10 s that a revocation may take.
 * Looking at content needs no watch, which symbolic links, renames and network file systems each break in their own way.
 */
const lookMs = 2000;

type Events = Pick<RmapiEvents, 'trustReplaced' | 'trustRefused' | 'trustLost'>;

/** The certificates and revocation lists in force on a TLS listener, kept up with their files. */
export class ServerTrust {
  readonly #files: TlsFiles;
  readonly #clock: Clock;
  readonly #events: Events;
  #material: TlsMaterial;
  /** What was read last and is not in force: it is taken when it is read twice alike, and so written to its end. */
  #candidate: string | undefined;
  #refused: { readonly digest: string | undefined; readonly why: string } | undefined;
  #isLost = false;
  #cancelLook: () => void = () => undefined;
  #cancelEnd: () => void = () => undefined;
  #isClosed = false;

  private constructor(files: TlsFiles, material: TlsMaterial, clock: Clock, events: Events) {
    this.#files = files;
    this.#material = material;
    this.#clock = clock;
    this.#events = events;
  }

  /** Reads and checks the files. @throws Failure config_invalid */
  static async open(files: TlsFiles, clock: Clock, events: Events): Promise<ServerTrust> {
    const material = checkTlsFiles(await readTlsFiles(files));
    return new ServerTrust(files, material, clock, events);
  }

  get options(): TlsMaterial['options'] {
    return this.#material.options;
  }

  /** Keeps a listener in step with the files until `close`. */
  keep(server: HttpServer): void {
    if (!(server instanceof HttpsServer)) throw new Error('a listener without TLS');
    const connections = new LiveConnections(server);
    this.#lookLater(server, connections);
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelLook();
    this.#cancelEnd();
  }

  /** Whether clients can be told from others at all. */
  check(): ReadinessCheck {
    const { certificateEndsAt, revocationsEndAt, isComplete } = this.#material;
    const now = this.#clock.now();
    const name = 'tls';
    if (revocationsEndAt !== undefined && revocationsEndAt <= now) {
      const since = new Date(revocationsEndAt).toISOString();
      return {
        name,
        ok: false,
        detail: `revocation list expired ${since}: every client is refused`,
      };
    }
    if (certificateEndsAt <= now) {
      return { name, ok: false, detail: "the listener's own certificate has expired" };
    }
    if (!isComplete) {
      const detail = 'an authority has no revocation list: its clients are refused';
      return { name, ok: false, detail };
    }
    const detail =
      this.#refused === undefined ? undefined : `new files refused: ${this.#refused.why}`;
    return { name, ok: true, detail };
  }

  #lookLater(server: HttpsServer, connections: LiveConnections): void {
    if (this.#isClosed) return;
    this.#tellLoss();
    this.#cancelLook = this.#clock.after(lookMs, () => {
      void this.#look(server, connections).finally(() => this.#lookLater(server, connections));
    });
  }

  async #look(server: HttpsServer, connections: LiveConnections): Promise<void> {
    let digest: string | undefined;
    try {
      const texts = await readTlsFiles(this.#files);
      digest = texts.digest;
      if (digest === this.#material.digest) {
        this.#candidate = undefined;
        this.#refused = undefined;
      } else if (digest !== this.#candidate) {
        this.#candidate = digest;
      } else if (digest !== this.#refused?.digest) {
        this.#take(texts, server, connections);
      }
    } catch (cause) {
      this.#refuse(digest, cause);
    }
  }

  #take(texts: TlsTexts, server: HttpsServer, connections: LiveConnections): void {
    if (this.#isClosed) return;
    const material = checkTlsFiles(texts);
    server.setSecureContext(material.options);
    this.#material = material;
    this.#refused = undefined;
    this.#events.trustReplaced();
    connections.end();
    // Whoever was in the middle of a handshake was checked by what was in force before.
    this.#cancelEnd();
    this.#cancelEnd = this.#clock.after(handshakeMsMax, () => connections.end());
  }

  /** Told once each time that it comes to this. */
  #tellLoss(): void {
    const { ok, detail = '' } = this.check();
    if (!ok && !this.#isLost) this.#events.trustLost({ detail });
    this.#isLost = !ok;
  }

  /** Told once for each content, or reason that it cannot be read. */
  #refuse(digest: string | undefined, cause: unknown): void {
    const why = cause instanceof Error ? cause.message : 'unknown error';
    const isTold = this.#refused?.digest === digest && this.#refused?.why === why;
    if (!isTold) this.#events.trustRefused({ cause });
    this.#refused = { digest, why };
  }
}
