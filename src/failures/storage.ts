/** What the data directory cannot do. */
export const storageFailures = {
  queue_full: {
    sentence: 'The outbox holds as many undelivered messages as its limits allow.',
    remedy: 'Find out with `bellhop doctor` why nothing is delivered, or raise `limits.queued`.',
    retry: 'after',
    status: 503,
    exit: 69,
  },
  people_full: {
    sentence: 'As many people are kept as may be.',
    remedy: 'Find out which caller makes up names: `bellhop people list`.',
    retry: 'never',
    status: 503,
    exit: 69,
  },
  storage_full: {
    sentence: 'The disk that holds the outbox is full; nothing was acknowledged.',
    remedy: 'Free some space; Bellhop goes on by itself.',
    retry: 'after',
    status: 503,
    exit: 74,
  },
  storage_failed: {
    sentence: 'The outbox could not be written or read; nothing was acknowledged.',
    remedy: 'See the log for the cause; check the disk and its permissions.',
    retry: 'after',
    status: 503,
    exit: 74,
  },
  storage_busy: {
    sentence: 'More waits to be written into the outbox than it takes.',
    remedy:
      'Wait; if it lasts, the disk is too slow, or something reads the database for a long time (a backup?): let it end.',
    retry: 'soon',
    status: 503,
    exit: 74,
  },
  unanswered: {
    sentence: 'The daemon did not answer in time; it may have taken the message.',
    remedy:
      'Look with `bellhop outbox list --newest` before you send it again; with `--idempotency-key` it is safe to send it again.',
    retry: 'never',
    status: 504,
    exit: 71,
  },
  data_dir_owned: {
    sentence: 'Another process owns this data directory.',
    remedy: 'Stop it first, or use another `data_dir`.',
    retry: 'never',
    status: 503,
    exit: 73,
  },
  data_dir_unusable: {
    sentence: 'The data directory cannot be used.',
    remedy: 'It must be writable and on a local file system.',
    retry: 'never',
    status: 503,
    exit: 73,
  },
  cannot_create: {
    sentence: 'The file cannot be created.',
    remedy: 'Name another path, or move away what is there.',
    retry: 'never',
    status: 500,
    exit: 73,
  },
} as const;
