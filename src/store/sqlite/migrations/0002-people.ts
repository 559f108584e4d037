import type { Migration } from '../migrate.ts';

/**
 * The people and their audit log. What is asked of a person and what was done about it are two texts of JSON: nothing is
 * looked for in them. A person is never deleted: that it was revoked is to be remembered, and so the highest rowid is
 * their number.
 */
export const people: Migration = {
  number: 2,
  name: 'people',
  sql: `
create table person (
  seq integer primary key,
  person_id text not null unique,
  state text not null,
  wish text not null,
  progress text not null
);
create table person_history (
  seq integer primary key,
  at integer not null,
  person_id text not null,
  who text not null,
  what text not null,
  why text,
  result text not null
);
create index person_history_person on person_history (person_id, seq);
`,
};
