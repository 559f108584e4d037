import type { MxcUri, UserId } from '../../matrix/ids.ts';
import type { IdSource } from './id-source.ts';

/** What was uploaded. */
export interface Medium {
  readonly mxc: MxcUri;
  readonly bytes: Buffer;
  readonly contentType: string;
  readonly filename: string | undefined;
  readonly uploader: UserId;
}

/** The content repository. */
export class Media {
  readonly uploadBytesMax: number;
  readonly #ids: IdSource;
  readonly #serverName: string;
  readonly #media = new Map<string, Medium>();

  constructor(ids: IdSource, serverName: string, uploadBytesMax: number) {
    this.#ids = ids;
    this.#serverName = serverName;
    this.uploadBytesMax = uploadBytesMax;
  }

  add(medium: Omit<Medium, 'mxc'>): MxcUri {
    const mxc = `mxc://${this.#serverName}/${this.#ids.chars(24)}` as MxcUri;
    this.#media.set(mxc, { mxc, ...medium });
    return mxc;
  }

  get(mxc: string): Medium | undefined {
    return this.#media.get(mxc);
  }

  delete(mxc: MxcUri): void {
    this.#media.delete(mxc);
  }

  all(): readonly Medium[] {
    return [...this.#media.values()];
  }
}
