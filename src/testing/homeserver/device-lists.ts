import type { UserId } from '../../matrix/ids.ts';
import type { Stream } from './stream.ts';

interface Change {
  readonly position: number;
  readonly userId: UserId;
  /** Told to this user alone; undefined: to all who share a room. */
  readonly onlyFor: UserId | undefined;
}

/** Whose devices, keys or signatures changed, and when. */
export class DeviceLists {
  readonly #stream: Stream;
  readonly #changes: Change[] = [];

  constructor(stream: Stream) {
    this.#stream = stream;
  }

  /** Says that a user's devices, keys or signatures changed; with `onlyFor`, only as that user sees them. */
  record(userId: UserId, onlyFor?: UserId): void {
    this.#changes.push({ position: this.#stream.next(), userId, onlyFor });
    // Who shares a room is found out when the answer is made; changes are rare.
    this.#stream.announce((recipient) => onlyFor === undefined || onlyFor === recipient.userId);
  }

  /** Users with changes after `position` that `observer` may be told of, whether or not they share a room. */
  changedSince(position: number, observer: UserId): ReadonlySet<UserId> {
    const first = this.#changes.findLastIndex((change) => change.position <= position) + 1;
    const visible = this.#changes
      .slice(first)
      .filter(({ onlyFor }) => onlyFor === undefined || onlyFor === observer);
    return new Set(visible.map(({ userId }) => userId));
  }
}
