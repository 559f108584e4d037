/** What became of a message, and of the process. */
export const outcomeFailures = {
  shutting_down: {
    sentence: 'The gateway is shutting down.',
    remedy: 'Send it again in a moment.',
    retry: 'soon',
    status: 503,
    exit: 69,
  },
  undeliverable: {
    sentence: 'The message can never be delivered as it is.',
    remedy: 'Its reason says what to change; then `bellhop outbox redrive`.',
    retry: 'never',
    status: 502,
    exit: 77,
  },
  room_closed: {
    sentence: 'The account cannot send to the room at the moment.',
    remedy:
      'Invite the account, give it power there, or correct the room: `bellhop room test ROOM` says which.',
    retry: 'after',
    status: 502,
    exit: 77,
  },
  kept: {
    sentence: 'The message is kept and will be delivered later.',
    remedy: 'The next `bellhop serve` or `bellhop send` delivers it.',
    retry: 'soon',
    status: 202,
    exit: 75,
  },
  bug: {
    sentence: 'Bellhop has a bug here.',
    remedy: 'Please report it with the incident id and the log.',
    retry: 'never',
    status: 500,
    exit: 70,
  },
} as const;
