import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { vi } from 'vitest';
import type { RoomId } from '../../../src/matrix/ids.ts';
import type { Member } from './synapse-people.ts';

const script = fileURLToPath(new URL('nio-reader.py', import.meta.url));

/** Python and its imports take a second or two; a busy machine takes many times that. */
const arrivalDeadlineMs = 40_000;
const pollMs = 50;

interface NioLine {
  readonly kind: 'ready' | 'read' | 'unreadable' | 'to-device';
  readonly room?: string;
  readonly body?: string;
  readonly type?: string;
  readonly content?: Readonly<Record<string, unknown>>;
}

/** What is needed to read with matrix-nio. */
export interface NioOptions {
  /** A Python that has matrix-nio. */
  readonly python: string;
  readonly homeserver: string;
  /** A folder of its own for its keys. */
  readonly dir: string;
}

/** Somebody at matrix-nio: a device of its own, which nobody can sign. */
export class NioReader implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #lines: NioLine[] = [];
  #errors = '';

  private constructor(process: ChildProcess) {
    this.#process = process;
    const { stdout, stderr } = process;
    if (stdout === null || stderr === null) throw new Error('The reader has no output.');
    createInterface({ input: stdout }).on('line', (line) => {
      this.#lines.push(JSON.parse(line) as NioLine);
    });
    stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#errors += text;
    });
  }

  /** Resolves when its keys are uploaded. @throws Error with what it complained of */
  static async start({ userId, password }: Member, options: NioOptions): Promise<NioReader> {
    const { python, homeserver, dir } = options;
    const reader = new NioReader(
      spawn(python, [script, homeserver, userId, password, dir], {
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    );
    await reader.#when((lines) => lines.some(({ kind }) => kind === 'ready'));
    return reader;
  }

  /** The texts it could read in a room, as soon as there are so many. */
  async whenRead(roomId: RoomId, count: number): Promise<string[]> {
    const read = () => this.#of('read', roomId);
    await this.#when(() => read().length >= count);
    return read().map(({ body = '' }) => body);
  }

  /** Resolves when it has so many events of a room that it cannot read. */
  async whenUnreadable(roomId: RoomId, count: number): Promise<void> {
    await this.#when(() => this.#of('unreadable', roomId).length >= count);
  }

  /** What it read in a room so far. */
  read(roomId: RoomId): string[] {
    return this.#of('read', roomId).map(({ body = '' }) => body);
  }

  /** What was said to its device, of this type. */
  toDevice(type: string): Readonly<Record<string, unknown>>[] {
    return this.#lines.flatMap((line) =>
      line.kind === 'to-device' && line.type === type && line.content !== undefined
        ? [line.content]
        : [],
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const exited = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await exited;
  }

  #of(kind: NioLine['kind'], roomId: RoomId): NioLine[] {
    return this.#lines.filter((line) => line.kind === kind && line.room === roomId);
  }

  async #when(check: (lines: readonly NioLine[]) => boolean): Promise<void> {
    await vi.waitFor(
      () => {
        if (check(this.#lines)) return;
        throw new Error(`Not yet:\n${JSON.stringify(this.#lines)}\n${this.#errors}`);
      },
      { timeout: arrivalDeadlineMs, interval: pollMs },
    );
  }
}
