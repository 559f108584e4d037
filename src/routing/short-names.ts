import type { Destination } from './destination.ts';

type Rooms = ReadonlyMap<string, readonly Destination[]>;

const none: readonly Destination[] = [];

/** What is left of an alias or id without its server; of a configured name the alias that it is the beginning of. */
function shortened(name: string): string | undefined {
  if (!/^[!#]/.test(name)) return `#${name}`;
  const colon = name.indexOf(':');
  return colon === -1 ? undefined : name.slice(0, colon);
}

/** Both, where all of them are one room. */
function ofOneRoom(
  some: readonly Destination[],
  others: readonly Destination[],
): readonly Destination[] {
  const all = new Set([...some, ...others]);
  return some.length > 0 && new Set([...all].map(({ room }) => room)).size === 1 ? [...all] : none;
}

/**
 * Rooms by an alias or id that lost its server, as Argo CD's subscriptions lose it at their second colon. What might be
 * one of several rooms is none.
 */
export function shortNames(rooms: Rooms): Rooms {
  const found = new Map<string, readonly Destination[]>();
  for (const [name, destinations] of rooms) {
    const short = shortened(name);
    if (short === undefined) continue;
    const others = found.get(short);
    found.set(short, others === undefined ? destinations : ofOneRoom(others, destinations));
  }
  return found;
}
