/** What happened to an account, for logs; it holds no secret. */
export type AccountEvent =
  /** Its homeserver was found through its server name. */
  | { readonly kind: 'discovered'; readonly account: string; readonly homeserver: string }
  | { readonly kind: 'logged-in'; readonly account: string; readonly deviceId: string }
  /**
   * It speaks from another device: the homeserver no longer knows the transaction ids of the one before, and encrypted
   * messages come from a device nobody has seen. Worth saying loudly.
   */
  | {
      readonly kind: 'new-device';
      readonly account: string;
      readonly deviceId: string;
      readonly previousDeviceId: string;
    }
  | { readonly kind: 'refreshed'; readonly account: string; readonly expiresAt: number | undefined }
  /** It cannot speak until somebody acts. */
  | { readonly kind: 'blocked'; readonly account: string; readonly reason: string };
