import type { Clock } from '../../clock.ts';
import { limitExceeded } from './rate-limit.ts';
import type { Reply } from './reply.ts';
import type { FakeRequest, Operation } from './route.ts';

/** How the homeserver is to misbehave. */
export type FaultBehaviour =
  /** 429, by default with both `Retry-After` in seconds and `retry_after_ms`. */
  | {
      readonly kind: 'rate-limited';
      readonly retryAfterMs?: number;
      readonly header?: 'seconds' | 'date' | 'none';
      /** Whether the body has `retry_after_ms`. */
      readonly body?: boolean;
    }
  /** That status with a standard error as JSON; with `processed` the request has its effect first. */
  | {
      readonly kind: 'status';
      readonly processed?: boolean;
      readonly status: number;
      readonly errcode?: string;
      readonly error?: string;
    }
  /** A proxy's HTML page; 502 unless another status is named. */
  | { readonly kind: 'html'; readonly status?: number }
  /** No answer at all, the connection stays open; with `processed` the request has its effect first. */
  | { readonly kind: 'stall'; readonly processed?: boolean }
  /** Has its effect at once and answers `delayMs` later. */
  | { readonly kind: 'slow'; readonly delayMs: number }
  /** Has its effect, then the connection breaks before the answer. */
  | { readonly kind: 'drop-answer' }
  /** Has its effect, then the connection breaks within the answer. */
  | { readonly kind: 'cut-answer' }
  /** The connection breaks before the request has any effect. */
  | { readonly kind: 'drop-request' };

/** Which requests a fault is for: all, those of some operations, or those a function picks. */
export type FaultMatch =
  | '*'
  | Operation
  | readonly Operation[]
  | ((request: FakeRequest) => boolean);

/** When a fault strikes; all that are given must agree. */
export interface FaultLimits {
  /** Not before so many requests have matched: 0 strikes at the first. */
  readonly after?: number;
  /** At most so many times. */
  readonly times?: number;
  /** With this chance, 0 to 1, for each request that matches. */
  readonly probability?: number;
  /** As long as this is false. */
  readonly until?: () => boolean;
}

/** A fault that was set. */
export interface Fault extends Disposable {
  /** How often it has struck. */
  readonly hits: number;
  remove(): void;
}

class SetFault implements Fault {
  readonly behaviour: FaultBehaviour;
  readonly #match: FaultMatch;
  readonly #limits: FaultLimits;
  readonly #remove: (fault: SetFault) => void;
  #matched = 0;
  hits = 0;

  constructor(
    match: FaultMatch,
    behaviour: FaultBehaviour,
    limits: FaultLimits,
    remove: (fault: SetFault) => void,
  ) {
    this.#match = match;
    this.behaviour = behaviour;
    this.#limits = limits;
    this.#remove = remove;
  }

  remove(): void {
    this.#remove(this);
  }

  [Symbol.dispose](): void {
    this.remove();
  }

  strikes(request: FakeRequest, random: () => number): boolean {
    const { after = 0, times = Number.POSITIVE_INFINITY, probability = 1, until } = this.#limits;
    if (this.hits >= times || until?.() === true || !matches(this.#match, request)) return false;
    if (this.#matched++ < after) return false;
    if (probability < 1 && random() >= probability) return false;
    this.hits++;
    return true;
  }
}

/** The faults that are set; the first one that strikes is the one that counts. */
export class Faults {
  readonly #random: () => number;
  readonly #faults = new Set<SetFault>();

  constructor(random: () => number) {
    this.#random = random;
  }

  set(match: FaultMatch, behaviour: FaultBehaviour, limits: FaultLimits): Fault {
    const fault = new SetFault(match, behaviour, limits, (done) => this.#faults.delete(done));
    this.#faults.add(fault);
    return fault;
  }

  clear(): void {
    this.#faults.clear();
  }

  pick(request: FakeRequest): FaultBehaviour | undefined {
    for (const fault of this.#faults) {
      if (fault.strikes(request, this.#random)) return fault.behaviour;
    }
    return undefined;
  }
}

function matches(match: FaultMatch, request: FakeRequest): boolean {
  if (match === '*') return true;
  if (typeof match === 'function') return match(request);
  return typeof match === 'string'
    ? match === request.operation
    : match.includes(request.operation);
}

/** The faults that answer in the homeserver's place. */
export type AnsweringFault = FaultBehaviour & { readonly kind: 'rate-limited' | 'status' | 'html' };

/** The answer of a fault that has one of its own. */
export function faultReply(behaviour: AnsweringFault, clock: Clock): Reply {
  switch (behaviour.kind) {
    case 'rate-limited':
      return rateLimited(behaviour, clock);
    case 'status': {
      const { status, errcode = 'M_UNKNOWN', error = 'Internal server error' } = behaviour;
      return { status, body: { errcode, error } };
    }
    case 'html': {
      const { status = 502 } = behaviour;
      const page = `<html><head><title>${status}</title></head><body><h1>${status}</h1></body></html>\r\n`;
      return { status, body: Buffer.from(page), contentType: 'text/html' };
    }
  }
}

function rateLimited(
  behaviour: FaultBehaviour & { readonly kind: 'rate-limited' },
  clock: Clock,
): Reply {
  const { retryAfterMs = 1000, header = 'seconds', body = true } = behaviour;
  const full = limitExceeded(retryAfterMs).reply;
  const bare = { errcode: 'M_LIMIT_EXCEEDED', error: 'Too Many Requests' };
  const date = new Date(clock.now() + retryAfterMs).toUTCString();
  return {
    status: 429,
    body: body ? full.body : bare,
    headers: headerFields(header, date, full.headers ?? {}),
  };
}

function headerFields(
  header: 'seconds' | 'date' | 'none',
  date: string,
  seconds: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  if (header === 'none') return {};
  return header === 'date' ? { 'retry-after': date } : seconds;
}
