/** What a homeserver says, or does not. */
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
  authentication_needed: {
    sentence: 'The homeserver wants its user to prove who they are for this step.',
    remedy: 'Give the password, or do the step on the page that is named.',
    retry: 'after',
    status: 401,
    exit: 77,
  },
} as const;
