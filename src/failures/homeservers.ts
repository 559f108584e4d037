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
    remedy:
      'Name its base URL as `homeserver` in the configuration or with `--homeserver`, or mend its .well-known file.',
    retry: 'never',
    status: 502,
    exit: 76,
  },
  login_refused: {
    sentence: 'The homeserver refused the credentials.',
    remedy: 'Log in with `bellhop login`, by a password or a token that is in force.',
    retry: 'never',
    status: 502,
    exit: 77,
  },
  not_logged_in: {
    sentence: 'This account has no access token yet.',
    remedy:
      'Run `bellhop login @user:server`; if it was logged in before, name the directory that keeps its token as `data_dir`.',
    retry: 'after',
    status: 503,
    exit: 77,
  },
  matrix_refused: {
    sentence: 'The homeserver refused the request.',
    remedy:
      "Its own words say why: what it does not allow the account, the room's or the homeserver's administrator can.",
    retry: 'never',
    status: 502,
    exit: 77,
  },
  registration_refused: {
    sentence: 'The homeserver does not take the registration secret.',
    remedy: 'Give the file that holds the `registration_shared_secret` of its homeserver.yaml.',
    retry: 'never',
    status: 502,
    exit: 77,
  },
  user_id_taken: {
    sentence: 'The homeserver has a user of this name already.',
    remedy:
      'If it is yours, log in with `bellhop login`; an administrator can set a password that is lost. Else choose another name.',
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
    remedy: 'Give the password with `--password-file`; where a page is named, do the step there.',
    retry: 'after',
    status: 401,
    exit: 77,
  },
} as const;
