/**
 * The levels below which no room of a deployment lets these events fall. Synapse gives them to every room it makes, but
 * only if nobody passes `events` of their own: then they fall to `state_default` and a moderator may close the room.
 */
export const protectedLevels: ReadonlyMap<string, number> = new Map([
  ['m.room.power_levels', 100],
  ['m.room.history_visibility', 100],
  ['m.room.server_acl', 100],
  ['m.room.encryption', 100],
  ['m.room.tombstone', 100],
]);

/** Where creators stand above all levels, Synapse lets nobody else close a room. */
export const tombstoneLevelUnderCreators = 150;
