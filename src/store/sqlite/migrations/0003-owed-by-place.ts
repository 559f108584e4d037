import type { Migration } from '../migrate.ts';

/**
 * What is owed is found by its place alone: this index grows at its end and shrinks at its beginning, so that a
 * transaction writes one or two of its pages. See owed-places.ts for the lanes.
 */
export const owedByPlace: Migration = {
  number: 3,
  name: 'owed entries by place',
  sql: `
drop index entry_pending;
create index entry_owed on entry (seq, lane_id) where state < 2;
`,
};
