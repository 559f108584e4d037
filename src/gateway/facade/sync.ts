import type { RouteOptions } from 'fastify';
import type { GatewayContext } from '../gateway-context.ts';
import { queryField } from '../request-state.ts';
import { joinedRoomIds } from './facade-rooms.ts';

/** Clients ask for 30 s as a rule. */
const timeoutMsMax = 30_000;
const nextBatch = 'bellhop';

const noEvents = { events: [] } as const;
const quietRoom = {
  summary: {},
  state: noEvents,
  timeline: { events: [], limited: false, prev_batch: nextBatch },
  ephemeral: noEvents,
  account_data: noEvents,
  unread_notifications: { highlight_count: 0, notification_count: 0 },
} as const;

/**
 * `GET sync`: nothing ever happens here, but the rooms are listed: matrix-commander sends only to a room that its sync
 * has shown. Every next sync waits as long as it says, so that nobody asks without a pause; one for the full state never
 * waits (Client-Server API, "Syncing").
 */
export function sync(context: GatewayContext, url: string): RouteOptions {
  return {
    method: 'GET',
    url,
    handler: async (request, reply) => {
      const isFirst = queryField(request, 'since') === undefined;
      const isFull = isFirst || queryField(request, 'full_state') === 'true';
      const timeoutMs = Number(queryField(request, 'timeout') ?? 0);
      if (!isFull && timeoutMs > 0) {
        await context.waiting.pass(Math.min(timeoutMs, timeoutMsMax));
      }
      const rooms = isFull ? joinedRoomIds(request).map((id) => [id, quietRoom]) : [];
      const body = {
        next_batch: nextBatch,
        rooms: { join: Object.fromEntries(rooms), invite: {}, leave: {}, knock: {} },
        account_data: noEvents,
        presence: noEvents,
        to_device: noEvents,
        device_lists: { changed: [], left: [] },
        device_one_time_keys_count: {},
        device_unused_fallback_key_types: [],
      };
      reply.type('application/json');
      return JSON.stringify(body);
    },
  };
}
