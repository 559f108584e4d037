import type { Migration } from '../migrate.ts';

/**
 * What is known of a notification stands in the row of each of its entries: nearly all have one, and an entry then takes
 * a row less to write and to read. So an entry is purged by itself. The columns that nearly every entry changes or gives
 * come first. A type or transaction id that is the usual one is null, see usual-values.ts. Contents are UTF-8 bytes, as
 * they are sent: a text that holds an emoji would be widened on its way in and narrowed on its way out.
 */
export const oneRowPerEntry: Migration = {
  number: 4,
  name: 'one row per entry',
  sql: `
drop index entry_owed;
drop index entry_delivered;
drop index entry_ended;
alter table entry rename to entry_apart;
create table entry (
  seq integer primary key,
  state integer not null,
  settled_at integer,
  event_id text,
  attempts integer not null default 0,
  lane_id integer not null,
  source_id integer not null,
  has_attachment integer not null,
  notification_id text not null,
  ordinal integer not null,
  entries integer not null,
  created_at integer not null,
  txn_id text,
  type text,
  late_after_ms integer,
  expire_at integer,
  failures integer not null default 0,
  failures_since integer,
  unknown_since integer,
  unknown_room_id text,
  unknown_device_id text,
  reason text,
  last_error text,
  origin text,
  key text,
  idempotency text,
  idempotency_hash integer,
  digest text
);
insert into entry
  select e.seq, e.state, e.settled_at, e.event_id, e.attempts, e.lane_id, e.source_id, e.has_attachment, n.id,
    e.ordinal, n.entries, n.created_at, nullif(e.txn_id, 'bh-' || n.id || '-' || e.ordinal),
    nullif(e.type, 'm.room.message'), e.late_after_ms, e.expire_at, e.failures, e.failures_since, e.unknown_since,
    e.unknown_room_id, e.unknown_device_id, e.reason, e.last_error, n.origin, n.key, n.idempotency,
    n.idempotency_hash, n.digest
  from entry_apart e join notification n on n.seq = e.seq - e.ordinal + 1
  order by e.seq;
drop table entry_apart;
drop table notification;
create unique index entry_id on entry (notification_id, ordinal);
create index entry_idempotency on entry (idempotency_hash) where idempotency_hash is not null;
create index entry_owed on entry (seq, lane_id) where state < 2;
create index entry_delivered on entry (settled_at, event_id) where state = 2;
create index entry_ended on entry (settled_at) where state > 2;
alter table content rename to content_text;
create table content (
  seq integer primary key,
  accepted blob not null,
  final blob,
  sealed_room_id text,
  sealed_device_id text
);
insert into content
  select seq, cast(accepted as blob), cast(final as blob), sealed_room_id, sealed_device_id
  from content_text order by seq;
drop table content_text;
`,
};
