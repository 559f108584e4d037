/** Ids and names of the Matrix specification have at most 255 bytes; so have ours. */
export const nameLengthMax = 255;

/** A title is one line of a message, in characters. */
export const titleLengthMax = 1000;

/** Whom one message may mention by name. */
export const mentionsMax = 50;

/** A user who can be mentioned. */
export const mentionPattern: RegExp = /^@[^\s:]*:\S+$/;

/** The first event of a thread. */
export const threadPattern: RegExp = /^\$\S+$/;

/** What is said of a value that is none. */
export const expected = {
  url: 'expected an http, https, ftp, mailto or magnet URL',
  userId: 'expected a user id such as @user:example.org',
  mention: 'expected "room" or a list of at most 50 user ids such as @user:example.org',
  thread: 'expected an event id such as $…',
} as const;
