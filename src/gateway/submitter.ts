import { Failure } from '../errors.ts';
import { render } from '../notification/render.ts';
import {
  type Addressee,
  type Draft,
  draftEvent,
  draftSubmission,
  type Envelope,
  type EventDraft,
} from '../outbox/draft.ts';
import { entriesMax, type LaneKey } from '../outbox/entry.ts';
import type { Acceptance, Idempotency, Submission } from '../outbox/outbox.ts';
import { chooseRooms, type RoomChoice } from '../routing/choose-rooms.ts';
import type { Destination } from '../routing/destination.ts';
import { briefOf, type EntryBrief, freshBriefs } from './entry-json.ts';
import type { GatewayDeps } from './gateway-deps.ts';
import type { GatewaySettings, SourceSettings } from './settings.ts';

export interface Arrival {
  readonly source: string;
  /** The format it was understood as. */
  readonly format: string;
  readonly origin?: string | undefined;
  readonly key?: string | undefined;
  readonly idempotency?: Idempotency | undefined;
}

/** It is on disk; `isDuplicate`: it was before. */
export interface Receipt {
  readonly id: string;
  readonly entryIds: readonly string[];
  readonly isDuplicate: boolean;
  /** Where what was handed in was to go, in the order of the entries; of a duplicate nothing of it was kept. */
  readonly lanes: readonly LaneKey[];
}

/** A room id is named before the homeserver has said which rooms the configured aliases mean: it may be one of them. */
export function roomUnasked(room: string): Failure {
  const detail = `Where the configured aliases lead is not known yet; "${room}" may be one of their rooms.`;
  return new Failure('homeserver_unreachable', { detail });
}

/** The rooms a call goes to. @throws Failure not_found, room_not_allowed, bad_input, each naming the room */
export function destinationsOf(
  settings: GatewaySettings,
  source: SourceSettings,
  choice: RoomChoice,
): readonly Destination[] {
  const chosen = chooseRooms(source.rules, settings.rooms, choice);
  if (chosen.ok) return chosen.destinations;
  switch (chosen.refused) {
    case 'unknown':
      throw new Failure('not_found', { detail: `No room "${chosen.room}" is configured.` });
    case 'unasked':
      throw roomUnasked(chosen.room ?? '');
    case 'forbidden':
      throw new Failure('room_not_allowed', {
        detail: `Source "${source.name}" may not send to "${chosen.room}".`,
      });
    case 'none':
      throw new Failure('bad_input', {
        problems: [`room: name one, as source "${source.name}" has no room of its own`],
      });
  }
}

/** Whoever sends nothing to a gateway that is not ready must send again at some time for it to find out, in milliseconds. */
const lackOfSpaceMs = 30_000;

/** Hands what arrived to the outbox, and tells what became of it. */
export class Submitter {
  readonly #deps: GatewayDeps;
  /** Monotonic time of the last message that found the disk full; undefined: one was kept since. */
  #lackedSpaceAt: number | undefined;

  constructor(deps: GatewayDeps) {
    this.#deps = deps;
  }

  /** Whether there was no space for a message a moment ago: only the next one can tell whether there is again. */
  get lacksSpace(): boolean {
    const at = this.#lackedSpaceAt;
    return at !== undefined && this.#deps.clock.monotonic() - at < lackOfSpaceMs;
  }

  /** @throws Failure bad_input, idempotency_conflict, and those of the outbox */
  notifications(arrival: Arrival, drafts: readonly Draft[]): Promise<Receipt> {
    return this.#accept(arrival, draftSubmission(this.#envelope(arrival), drafts, render));
  }

  /** @throws Failure idempotency_conflict, and those of the outbox */
  event(arrival: Arrival, event: EventDraft, addressee: Addressee): Promise<Receipt> {
    return this.#accept(arrival, draftEvent(this.#envelope(arrival), event, addressee));
  }

  /** The entries of a receipt as they are now. */
  async briefs(receipt: Receipt, settings: GatewaySettings): Promise<readonly EntryBrief[]> {
    const { id, entryIds, lanes, isDuplicate } = receipt;
    if (!isDuplicate) return freshBriefs(entryIds, lanes, settings.rooms);
    const views = await this.#deps.outbox.entries({ notificationId: id, limit: entriesMax });
    return views.map((view) => briefOf(view, settings.rooms));
  }

  #envelope(arrival: Arrival): Envelope {
    const { source, origin, key, idempotency } = arrival;
    const { clock, ids } = this.#deps;
    return { id: ids.notification(), source, origin, key, idempotency, createdAt: clock.now() };
  }

  #accept(arrival: Arrival, submission: Submission): Promise<Receipt> {
    return this.#deps.outbox.accept(submission).then(
      (acceptance) => this.#receipt(arrival, submission, acceptance),
      (error: unknown) => {
        const isFull = error instanceof Failure && error.code === 'storage_full';
        if (isFull) this.#lackedSpaceAt = this.#deps.clock.monotonic();
        throw error;
      },
    );
  }

  #receipt(arrival: Arrival, submission: Submission, acceptance: Acceptance): Receipt {
    const { source, format } = arrival;
    if (acceptance.kind === 'conflict') {
      throw new Failure('idempotency_conflict', {
        detail: `It belongs to notification ${acceptance.id}.`,
      });
    }
    const { id, kind, entryIds } = acceptance;
    if (kind === 'accepted') this.#lackedSpaceAt = undefined;
    this.#deps.events.received({ source, format, result: kind, id });
    const lanes = submission.entries.map(({ lane }) => lane);
    return { id, entryIds, isDuplicate: kind === 'duplicate', lanes };
  }
}
