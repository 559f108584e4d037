import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { type Clock, systemClock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { findConfigPath } from '../config/find-config-path.ts';
import { loadConfig } from '../config/load-config.ts';
import { Failure } from '../errors.ts';
import type { Notification } from '../notification/notification.ts';
import { render } from '../notification/render.ts';
import { draftSubmission } from '../outbox/draft.ts';
import { type EntryView, entriesMax } from '../outbox/entry.ts';
import type { Destination } from '../routing/destination.ts';
import { destinationsOf } from './destinations.ts';
import { type Engine, openEngine } from './engine.ts';
import { readConfig } from './read-config.ts';
import { readLibraryMessage } from './read-library-message.ts';
import { requireConfiguration } from './require-configuration.ts';
import { silentEvents } from './silent-events.ts';

export interface BellhopOptions {
  /** The path of a configuration file, or its content as an object; default: found as the command line finds it. */
  readonly config?: string | Readonly<Record<string, unknown>> | undefined;
}

/** A notification and where it goes. */
export interface Message extends Partial<Omit<Notification, 'body'>> {
  readonly body: string;
  /** Configured names, or room ids or aliases of the configuration, each once; default: the configured default room. */
  readonly room?: string | readonly string[] | undefined;
  /** 1 to 255 characters. The same key with the same message is one message, for as long as the outbox remembers it. */
  readonly idempotencyKey?: string | undefined;
}

/** Where one event of a message stands. */
export interface EntryStatus {
  readonly id: string;
  readonly room: string;
  readonly state: EntryView['state'];
  readonly reason: EntryView['reason'];
  readonly eventId: string | undefined;
  readonly lastError: string | undefined;
}

export interface SendReceipt {
  readonly id: string;
  /** It was there already under this id. */
  readonly isDuplicate: boolean;
}

/** The engine inside another program: it owns the data directory, keeps messages and delivers them in the background. */
export interface Bellhop extends AsyncDisposable {
  /**
   * Resolves when the message is on disk; it is delivered from then on, also after a crash.
   *
   * @throws Failure not_found, bad_input, queue_full, storage_full, …: nothing was kept
   */
  send(message: Message): Promise<SendReceipt>;
  /**
   * Where a message stands; after `waitMs` (default 0) at the latest, earlier once all of it is settled.
   *
   * @throws Failure bad_input for what is no id
   */
  status(id: string, waitMs?: number): Promise<EntryStatus[]>;
  /** Lets requests under way end for at most 10 s; what is still owed waits for the next opening. */
  close(): Promise<void>;
}

/** How long `close` lets requests under way end, in milliseconds. */
const closeMsMax = 10_000;

/** @throws Failure bad_input: a misspelt option would open another data directory than was meant */
function checkOptions(options: unknown): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new Failure('bad_input', { problems: ['options: must be a map'] });
  }
  const { config, ...unknown }: Readonly<Record<string, unknown>> = { ...options };
  const problems = Object.keys(unknown).map((name) => `${name}: not a known name`);
  const isPath = typeof config === 'string' && config !== '';
  if (!isPath && config !== undefined && (typeof config !== 'object' || config === null)) {
    problems.push('config: must be the path of a file, or its content as a map');
  }
  if (problems.length > 0) throw new Failure('bad_input', { problems });
}

async function configOf({ config: given }: BellhopOptions): Promise<Config> {
  const { env } = process;
  const surroundings = { env, cwd: process.cwd(), home: homedir() };
  if (typeof given === 'object') {
    return loadConfig({ path: resolve('config'), text: JSON.stringify(given) }, surroundings);
  }
  const path = findConfigPath(given, surroundings);
  const config = await readConfig(path, surroundings);
  requireConfiguration(path, config);
  return config;
}

function statusOf(view: EntryView): EntryStatus {
  const { id, room, state, reason, eventId, lastError } = view;
  return { id, room, state, reason, eventId, lastError };
}

class OpenBellhop implements Bellhop {
  readonly #engine: Engine;
  readonly #config: Config;
  readonly #clock: Clock;

  constructor(engine: Engine, config: Config, clock: Clock) {
    this.#engine = engine;
    this.#config = config;
    this.#clock = clock;
  }

  async send(message: Message): Promise<SendReceipt> {
    const { rooms, notification, idempotency } = readLibraryMessage(message);
    const envelope = {
      id: this.#engine.ids.notification(),
      source: 'library',
      origin: notification.origin,
      key: notification.key,
      idempotency,
      createdAt: this.#clock.now(),
    };
    const addressees = this.#addressees(rooms);
    const submission = draftSubmission(envelope, [{ notification, addressees }], render);
    const acceptance = await this.#engine.outbox.accept(submission);
    if (acceptance.kind === 'conflict') throw new Failure('idempotency_conflict');
    return { id: acceptance.id, isDuplicate: acceptance.kind === 'duplicate' };
  }

  async status(id: string, waitMs = 0): Promise<EntryStatus[]> {
    if (typeof id !== 'string' || id === '') {
      throw new Failure('bad_input', { problems: ['id: must be text that is not empty'] });
    }
    const look = async () =>
      await this.#engine.outbox.entries({ notificationId: id, limit: entriesMax });
    const views = await look();
    if (waitMs <= 0 || views.length === 0) return views.map(statusOf);
    const deadline = new AbortController();
    const cancel = this.#clock.after(waitMs, () => deadline.abort());
    try {
      const ids = views.map((view) => view.id);
      return (await this.#engine.outbox.whenSettled(ids, deadline.signal)).map(statusOf);
    } finally {
      cancel();
    }
  }

  async close(): Promise<void> {
    await this.#engine.close(closeMsMax);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Each room once, in the order named, as callers of the gateway reach it. */
  #addressees(rooms: readonly string[] | undefined): Destination[] {
    const { defaultRoom } = this.#config;
    const named = rooms ?? (defaultRoom === undefined ? [] : [defaultRoom]);
    if (named.length === 0) throw new Failure('bad_input', { problems: ['room: name one'] });
    const destinations = destinationsOf(this.#config);
    const chosen = named.map((name) => {
      const found = destinations.find((known) => known.name === name || known.room === name);
      if (found !== undefined) return found;
      throw new Failure('not_found', { detail: `No room "${name}" is configured.` });
    });
    return [...new Set(chosen)];
  }
}

/**
 * Opens the engine inside this program. It becomes the owner of the data directory; a daemon on it must be stopped.
 *
 * @throws Failure bad_input, config_invalid, config_missing, data_dir_owned, data_dir_unusable, storage_failed
 */
export async function openBellhop(options: BellhopOptions = {}): Promise<Bellhop> {
  checkOptions(options);
  const config = await configOf(options);
  const clock = systemClock;
  const engine = await openEngine({ config, clock, events: silentEvents, command: 'library' });
  return new OpenBellhop(engine, config, clock);
}
