/** What is wrong with the set-up. */
export const configurationFailures = {
  config_invalid: {
    sentence: 'The configuration has mistakes.',
    remedy:
      'Correct the places that are named; `bellhop config check` looks again, with `--secrets` at tokens and passwords too.',
    retry: 'never',
    status: 500,
    exit: 78,
  },
  config_missing: {
    sentence: 'There is no configuration for this.',
    remedy: 'Write one with `bellhop config init`, or name one that can be read with `-c`.',
    retry: 'never',
    status: 500,
    exit: 78,
  },
  cannot_listen: {
    sentence: 'An address cannot be listened on at the moment.',
    remedy: 'End what listens there, or wait until the network has the address.',
    retry: 'soon',
    status: 503,
    exit: 69,
  },
  secret_unreadable: {
    sentence: 'A secret could not be read.',
    remedy: 'Check that the file that is named exists, can be read and holds the secret.',
    retry: 'never',
    status: 500,
    exit: 78,
  },
  new_token_needed: {
    sentence: 'The account needs a new device, and its access token is configured.',
    remedy:
      'Put the access token of a new login in the place that is named, then run `bellhop account identity recover`.',
    retry: 'after',
    status: 503,
    exit: 78,
  },
  node_too_old: {
    sentence: 'This version of Node.js is too old for Bellhop.',
    remedy: 'Install Node.js 24.15 or newer.',
    retry: 'never',
    status: 500,
    exit: 78,
  },
} as const;
