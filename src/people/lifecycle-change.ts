export type ChangeKind = 'created' | 'promoted' | 'demoted' | 'revoked' | 'updated';

/** Who a person is to an identity provider. */
export interface PersonExternalId {
  /** `oidc-…` for OpenID Connect. */
  readonly provider: string;
  readonly externalId: string;
}

/** What a caller says of a person. */
export interface PersonChange {
  /** As the caller writes it; the localpart it stands for is the person's id here. */
  readonly name: string;
  readonly kind: ChangeKind;
  /** Who asked, for the audit log. */
  readonly source: string;
  /** True for a directory, which may be wrong about many at once: its revocations pass the guard. */
  readonly guarded?: boolean | undefined;
  /** For the audit log. */
  readonly why?: string | undefined;
  readonly displayName?: string | undefined;
  readonly externalId?: PersonExternalId | undefined;
  /** All of them, replacing earlier ones and an earlier promotion; undefined: the default ones, or those there were. */
  readonly roles?: readonly string[] | undefined;
}

/** What happened to a person, as it is written down. */
export interface LifecycleChange extends PersonChange {
  /** The localpart of the person's account, or of the account it will have. */
  readonly personId: string;
  /** Wall-clock milliseconds. */
  readonly at: number;
}
