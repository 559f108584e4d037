import { deserialize, serialize } from 'node:v8';
import { domError } from './dom-error.ts';

/**
 * A value as bytes, by the structured clone algorithm (HTML §2.7); later versions of Node.js read what earlier ones wrote.
 * @throws DOMException DataCloneError: a function or a symbol is in it
 */
export function encodeValue(value: unknown): Uint8Array {
  try {
    return serialize(value);
  } catch (cause) {
    throw domError('DataCloneError', `The value cannot be stored: ${String(cause)}.`);
  }
}

/** A new copy of the value that `encodeValue` made these bytes of. */
export function decodeValue(bytes: Uint8Array): unknown {
  return deserialize(bytes);
}
