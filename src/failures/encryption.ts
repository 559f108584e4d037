/** What keeps an account from encrypting. */
export const encryptionFailures = {
  identity_not_set_up: {
    sentence:
      'The account has no cross-signing identity, so its messages to encrypted rooms would be refused.',
    remedy: 'Run `bellhop account identity setup` and keep the recovery key it shows.',
    retry: 'after',
    status: 503,
    exit: 78,
  },
  recovery_key_needed: {
    sentence: 'The account has an identity whose private keys this device does not hold.',
    remedy: 'Run `bellhop account identity recover` with the recovery key.',
    retry: 'after',
    status: 503,
    exit: 78,
  },
  identity_differs: {
    sentence:
      'The homeserver shows another identity for the account than the one in the encryption store.',
    remedy:
      'If you replaced it, run `bellhop account identity recover` with the new recovery key; if not, find out who did.',
    retry: 'after',
    status: 503,
    exit: 78,
  },
  device_lost: {
    sentence: 'The device and its encryption store no longer belong together: one of them is gone.',
    remedy:
      'Run `bellhop account identity recover` with the recovery key; it makes a new device and signs it.',
    retry: 'after',
    status: 503,
    exit: 78,
  },
  store_outdated: {
    sentence: 'The encryption store is an old copy; using it would break messages.',
    remedy:
      'Run `bellhop account identity recover` with the recovery key; it makes a new device. Never restore this store from a backup.',
    retry: 'after',
    status: 503,
    exit: 78,
  },
  encryption_store_unusable: {
    sentence: 'The encryption store cannot be opened.',
    remedy:
      'See the detail: end the other process that holds it, or give the key that it was made with in `encryption_key_file`.',
    retry: 'after',
    status: 503,
    exit: 73,
  },
  encryption_crashed: {
    sentence: 'The encryption engine died and was started again.',
    remedy: 'Nothing is lost and the message is tried again; please report it with the log.',
    retry: 'soon',
    status: 503,
    exit: 70,
  },
  recovery_key_wrong: {
    sentence: 'This is not the recovery key of the account.',
    remedy: 'Check it for typing errors; it has twelve groups of four characters.',
    retry: 'never',
    status: 400,
    exit: 65,
  },
} as const;
