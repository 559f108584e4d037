import { callFailures } from './failures/calls.ts';
import type { CatalogueEntry } from './failures/catalogue-entry.ts';
import { configurationFailures } from './failures/configuration.ts';
import { encryptionFailures } from './failures/encryption.ts';
import { homeserverFailures } from './failures/homeservers.ts';
import { outcomeFailures } from './failures/outcomes.ts';
import { storageFailures } from './failures/storage.ts';

/** The catalogue of failures. `docs/reference/errors.md` is generated from it. */
export const catalogue: typeof callFailures &
  typeof storageFailures &
  typeof configurationFailures &
  typeof homeserverFailures &
  typeof encryptionFailures &
  typeof outcomeFailures = {
  ...callFailures,
  ...storageFailures,
  ...configurationFailures,
  ...homeserverFailures,
  ...encryptionFailures,
  ...outcomeFailures,
};

export type FailureCode = keyof typeof catalogue;

export interface FailureOptions {
  /** What exactly, and where: shown to the caller, so never a secret or a message body. */
  readonly detail?: string;
  /** Several places at once, each as "place: what is wrong". */
  readonly problems?: readonly string[];
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

/** A failure with a name in the catalogue. Outcomes that a caller expects are returned, not thrown. */
export class Failure extends Error {
  /** Of any copy of this class: the command's bundles each have their own, and throw to one another. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof Error && 'isBellhopFailure' in value;
  }

  override readonly name = 'Failure';
  readonly isBellhopFailure = true;
  readonly code: FailureCode;
  readonly detail: string | undefined;
  readonly problems: readonly string[];
  readonly retryAfterMs: number | undefined;

  constructor(code: FailureCode, options: FailureOptions = {}) {
    super(
      options.detail === undefined
        ? catalogue[code].sentence
        : `${catalogue[code].sentence} ${options.detail}`,
      { cause: options.cause },
    );
    this.code = code;
    this.detail = options.detail;
    this.problems = options.problems ?? [];
    this.retryAfterMs = options.retryAfterMs;
  }

  /** The catalogue's row for this failure. */
  get entry(): CatalogueEntry {
    return catalogue[this.code];
  }
}

/** Any thrown value as a Failure; what has no name in the catalogue is a bug. */
export function toFailure(thrown: unknown): Failure {
  if (thrown instanceof Failure) return thrown;
  return new Failure('bug', { cause: thrown });
}
