/** The names of DOMExceptions that this subset of IndexedDB uses (Web IDL §2.8.1). */
export type DomErrorName =
  | 'AbortError'
  | 'ConstraintError'
  | 'DataCloneError'
  | 'DataError'
  | 'InvalidAccessError'
  | 'InvalidStateError'
  | 'NotFoundError'
  | 'NotSupportedError'
  | 'QuotaExceededError'
  | 'ReadOnlyError'
  | 'TransactionInactiveError'
  | 'UnknownError'
  | 'VersionError';

/** The exception that IndexedDB promises in such a case; the library tells them apart by name. */
export function domError(name: DomErrorName, message: string): DOMException {
  return new DOMException(message, name);
}
