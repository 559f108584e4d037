import { domError } from './dom-error.ts';
import type { Origin } from './origin.ts';

/** One for the whole thread, as `globalThis.indexedDB` is. */
const origins = new Map<string, Origin>();

/** Between the prefix and the rest of a database's name, as the library makes it. */
const separator = '::';

/** Whether a database of this prefix is open. */
export function isRegistered(prefix: string): boolean {
  return origins.has(prefix);
}

/** Lets `originOf` find it by its prefix, until the returned function is called. */
export function registerOrigin(prefix: string, origin: Origin): () => void {
  origins.set(prefix, origin);
  return () => {
    if (origins.get(prefix) === origin) origins.delete(prefix);
  };
}

/**
 * Where the IndexedDB database `PREFIX::…` is kept.
 * @throws DOMException InvalidStateError: no crypto database of that prefix is open
 */
export function originOf(name: string): Origin {
  const end = name.lastIndexOf(separator);
  const prefix = end < 0 ? name : name.slice(0, end);
  const origin = origins.get(prefix);
  if (origin === undefined) {
    throw domError('InvalidStateError', `No crypto database is open for the prefix ${prefix}.`);
  }
  return origin;
}
