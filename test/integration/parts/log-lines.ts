import { systemClock } from '../../../src/clock.ts';

/** Longer than anything a test waits for, shorter than a test may last. */
const deadlineMs = 45_000;

/** A line of the daemon's log. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly msg: string };

interface Watcher {
  readonly check: () => boolean;
  readonly done: () => void;
}

/** The log of a daemon, as its operator would read it. */
export class LogLines {
  readonly lines: LogLine[] = [];
  readonly #watchers = new Set<Watcher>();

  /** The log's stream calls this. */
  write(line: string): void {
    this.lines.push(JSON.parse(line) as LogLine);
    for (const watcher of this.#watchers) {
      if (!watcher.check()) continue;
      this.#watchers.delete(watcher);
      watcher.done();
    }
  }

  /** The lines of an event, those with these fields. */
  of(msg: string, fields: Readonly<Record<string, unknown>> = {}): LogLine[] {
    const wanted = Object.entries(fields);
    return this.lines.filter(
      (line) => line.msg === msg && wanted.every(([name, value]) => line[name] === value),
    );
  }

  /** Resolves once an event was logged so many times. @throws Error with the log when it takes too long */
  async when(
    msg: string,
    fields: Readonly<Record<string, unknown>> = {},
    count = 1,
  ): Promise<void> {
    const check = () => this.of(msg, fields).length >= count;
    if (check()) return;
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const watcher = { check, done: () => resolve(undefined) };
    this.#watchers.add(watcher);
    const cancel = systemClock.after(deadlineMs, () => {
      this.#watchers.delete(watcher);
      const log = this.lines.map((line) => JSON.stringify(line)).join('\n');
      reject(new Error(`${count} × ${msg} ${JSON.stringify(fields)} was never logged:\n${log}`));
    });
    await promise.finally(cancel);
  }
}
