/** What a homeserver says, or does not; and what is wrong with what is to be told to one. */
export const homeserverFailures = {
  homeserver_unreachable: {
    sentence: 'The homeserver did not answer.',
    remedy: 'Check its address and that it runs.',
    retry: 'soon',
    status: 503,
    exit: 69,
  },
  homeserver_unusable: {
    sentence: 'What answered is not a usable Matrix homeserver.',
    remedy: 'Check `homeserver` in the configuration and its .well-known file.',
    retry: 'never',
    status: 502,
    exit: 76,
  },
  login_refused: {
    sentence: 'The homeserver refused the credentials.',
    remedy: 'Log in again with `bellhop login`.',
    retry: 'never',
    status: 502,
    exit: 77,
  },
  not_logged_in: {
    sentence: 'This account has no access token yet.',
    remedy: 'Run `bellhop login @user:server`.',
    retry: 'after',
    status: 503,
    exit: 77,
  },
  matrix_refused: {
    sentence: 'The homeserver refused the request.',
    remedy: 'Its own words are in the detail.',
    retry: 'never',
    status: 502,
    exit: 77,
  },
  deployment_invalid: {
    sentence: 'The deployment file has mistakes.',
    remedy:
      'Correct the places that are named; `bellhop deployment plan` looks again, and changes nothing.',
    retry: 'never',
    status: 500,
    exit: 78,
  },
  deployment_missing: {
    sentence: 'There is no deployment file to read.',
    remedy: 'Check its path and permissions; docs/guides/deployment.md says how to write one.',
    retry: 'never',
    status: 500,
    exit: 78,
  },
  bot_refused: {
    sentence: "The homeserver does not let the deployment's bot in.",
    remedy:
      "Give Synapse's `registration_shared_secret` as `bot.registration_secret_file` in the deployment file, or put the access token of an administrator into the bot's token file.",
    retry: 'never',
    status: 502,
    exit: 77,
  },
  rmapi_invalid: {
    sentence: 'The environment of `bellhop rmapi`, or what it names, has mistakes.',
    remedy:
      'Correct what is named and start it again; docs/reference/configuration.md lists the variables.',
    retry: 'never',
    status: 500,
    exit: 78,
  },
  authentication_needed: {
    sentence: 'The homeserver wants its user to prove who they are for this step.',
    remedy: 'Give the password, or do the step on the page that is named.',
    retry: 'after',
    status: 401,
    exit: 77,
  },
} as const;
