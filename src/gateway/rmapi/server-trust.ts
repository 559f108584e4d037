import type { Server as HttpServer } from 'node:http';
import { Server as HttpsServer } from 'node:https';
import type { Clock } from '../../clock.ts';
import { Failure } from '../../errors.ts';
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

/** What a look at the files led to. */
export type TlsLook =
  | { readonly kind: 'same' | 'replaced' }
  /** The old ones stay in force. */
  | { readonly kind: 'refused'; readonly why: string };

interface Kept {
  readonly server: HttpsServer;
  readonly connections: LiveConnections;
}

/** Why files cannot be used; never their content. */
function reasonOf(cause: unknown): string {
  if (cause instanceof Failure && cause.problems.length > 0) return cause.problems.join('; ');
  return cause instanceof Error ? cause.message : 'unknown error';
}

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
  #kept: Kept | undefined;
  #looking: Promise<void> = Promise.resolve();
  #cancelLook: () => void = () => undefined;
  #cancelEnd: () => void = () => undefined;
  #isClosed = false;

  private constructor(files: TlsFiles, material: TlsMaterial, clock: Clock, events: Events) {
    this.#files = files;
    this.#material = material;
    this.#clock = clock;
    this.#events = events;
  }

  /** Reads and checks the files. @throws Failure rmapi_invalid */
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
    this.#kept = { server, connections: new LiveConnections(server) };
    this.#lookLater();
  }

  /** Looks now, for somebody who says that the files are whole: they need not be read twice alike. */
  async lookNow(): Promise<TlsLook> {
    const before = this.#material;
    await this.#look('whole');
    if (this.#refused !== undefined) return { kind: 'refused', why: this.#refused.why };
    return { kind: before === this.#material ? 'same' : 'replaced' };
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

  #lookLater(): void {
    if (this.#isClosed) return;
    this.#tellLoss();
    this.#cancelLook = this.#clock.after(lookMs, () => {
      void this.#look('perhaps half written').finally(() => this.#lookLater());
    });
  }

  /** One look after the other: a slow one must not bring back what it read before. */
  async #look(state: 'whole' | 'perhaps half written'): Promise<void> {
    const look = this.#looking.then(async () => await this.#lookOnce(state === 'whole'));
    this.#looking = look;
    await look;
  }

  async #lookOnce(isWhole: boolean): Promise<void> {
    let digest: string | undefined;
    try {
      const texts = await readTlsFiles(this.#files);
      digest = texts.digest;
      if (digest === this.#material.digest) {
        this.#candidate = undefined;
        this.#refused = undefined;
      } else if (digest !== this.#candidate && !isWhole) {
        this.#candidate = digest;
      } else if (digest !== this.#refused?.digest) {
        this.#take(texts);
      }
    } catch (cause) {
      this.#refuse(digest, cause);
    }
  }

  #take(texts: TlsTexts): void {
    if (this.#isClosed || this.#kept === undefined) return;
    const { server, connections } = this.#kept;
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
    const why = reasonOf(cause);
    const isTold = this.#refused?.digest === digest && this.#refused?.why === why;
    if (!isTold) this.#events.trustRefused({ why, cause });
    this.#refused = { digest, why };
  }
}
