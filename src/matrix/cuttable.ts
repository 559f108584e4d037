/** What can be ended early. */
interface Cut {
  cut(reason: string, cause: unknown): void;
}

interface Group {
  readonly members: Set<Cut>;
  readonly onAbort: () => void;
}

/**
 * What is under way, by the signal that ends it. All of one signal share a listener, as an event target looks through
 * every listener it has to add or remove another.
 */
export class Cuttable {
  readonly #groups = new Map<AbortSignal, Group>();

  /** From now on `one` is cut with the reason `aborted` when `signal` aborts. */
  add(one: Cut, signal: AbortSignal): void {
    const group = this.#groups.get(signal) ?? this.#open(signal);
    group.members.add(one);
  }

  delete(one: Cut, signal: AbortSignal): void {
    const group = this.#groups.get(signal);
    if (group === undefined || !group.members.delete(one) || group.members.size > 0) return;
    signal.removeEventListener('abort', group.onAbort);
    this.#groups.delete(signal);
  }

  #open(signal: AbortSignal): Group {
    const members = new Set<Cut>();
    const onAbort = (): void => {
      for (const one of members) one.cut('aborted', signal.reason);
    };
    signal.addEventListener('abort', onAbort);
    const group = { members, onAbort };
    this.#groups.set(signal, group);
    return group;
  }
}
