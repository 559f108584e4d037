const nothing = { types: [] };

/** What tells who is in a room, how it is encrypted, and where it went. */
const roomTypes = ['m.room.member', 'm.room.encryption', 'm.room.tombstone'];

/** Enough that a busy evening of comings and goings needs no second look at the state. */
const timelineEventsMax = 100;

const unwanted = { presence: nothing, account_data: nothing };
const unwantedOfRooms = { account_data: nothing, ephemeral: nothing };

/**
 * The filter of every sync but the first: device lists and messages to the device come whatever it says. It must not
 * leave out rooms: then users who join or leave would be missing from the device lists.
 */
export const syncFilter: string = JSON.stringify({
  ...unwanted,
  room: {
    ...unwantedOfRooms,
    timeline: { types: roomTypes, limit: timelineEventsMax },
    state: { types: [...roomTypes, 'm.room.history_visibility'] },
  },
});

/** The filter of a sync without a token: members are asked for when a room is first spoken in, so none are wanted yet. */
export const firstSyncFilter: string = JSON.stringify({
  ...unwanted,
  room: {
    ...unwantedOfRooms,
    timeline: { types: ['m.room.encryption', 'm.room.tombstone'], limit: 1 },
    state: { types: ['m.room.encryption', 'm.room.tombstone'] },
  },
});
