import type { Migration } from '../migrate.ts';

/**
 * The outbox, its counts, and what is known of rooms. An entry's `seq` is its place in the outbox; the entries of a
 * notification follow one another, and its own `seq` is that of the first. States are numbers, see state-codes.ts:
 * below 2 an entry is owed. Contents stand apart, so that settling an entry does not write them again; files stand in
 * pieces, so that reading a piece does not read the whole.
 */
export const outboxAndRooms: Migration = {
  number: 1,
  name: 'outbox and rooms',
  sql: `
create table source (
  source_id integer primary key,
  name text not null unique
);
create table lane (
  lane_id integer primary key,
  account text not null,
  room text not null,
  waits text,
  claimed_to integer,
  claimed_at integer,
  claimed_room_id text,
  claimed_device_id text,
  unique (account, room)
);
create table sequence (next_seq integer not null);
insert into sequence values (1);
create table notification (
  seq integer primary key,
  id text not null unique,
  source_id integer not null,
  origin text,
  key text,
  idempotency text,
  idempotency_hash integer,
  digest text,
  created_at integer not null,
  entries integer not null
);
create index notification_idempotency on notification (idempotency_hash)
  where idempotency_hash is not null;
create table entry (
  seq integer primary key,
  ordinal integer not null,
  lane_id integer not null,
  source_id integer not null,
  state integer not null,
  has_attachment integer not null,
  attempts integer not null default 0,
  failures integer not null default 0,
  failures_since integer,
  unknown_since integer,
  unknown_room_id text,
  unknown_device_id text,
  late_after_ms integer,
  expire_at integer,
  settled_at integer,
  reason text,
  event_id text,
  last_error text,
  txn_id text not null,
  type text not null
);
create table content (
  seq integer primary key,
  accepted text not null,
  final text,
  sealed_room_id text,
  sealed_device_id text
);
create index entry_pending on entry (lane_id, seq) where state < 2;
create index entry_delivered on entry (settled_at, event_id) where state = 2;
create index entry_ended on entry (settled_at) where state > 2;
create table attachment (
  seq integer primary key,
  file_id integer not null,
  file_name text not null,
  content_type text not null,
  size_bytes integer not null
);
create table file_chunk (
  file_id integer not null,
  ordinal integer not null,
  bytes blob not null,
  primary key (file_id, ordinal)
);
create table tally (
  source_id integer not null,
  state integer not null,
  count integer not null,
  primary key (source_id, state)
) without rowid;
create table room (
  account text not null,
  room text not null,
  room_id text not null,
  resolved_at integer not null,
  predecessors text not null,
  primary key (account, room)
) without rowid;
create table encrypted_room (room_id text primary key) without rowid;
`,
};
