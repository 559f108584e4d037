import type { JsonObject } from './reply.ts';
import type { FakeEvent } from './room.ts';
import type { Caller } from './users.ts';

/**
 * An event as a client sees it. `unsigned.transaction_id` is there only for the device that sent it, client-server
 * API §6.4.1.
 */
export function viewEvent(event: FakeEvent, caller: Caller, nowMs: number): JsonObject {
  const { redactedBecause, transaction } = event;
  const isOwn =
    transaction !== undefined &&
    event.sender === caller.userId &&
    transaction.deviceId === caller.deviceId;
  return {
    type: event.type,
    room_id: event.room_id,
    event_id: event.event_id,
    sender: event.sender,
    origin_server_ts: event.origin_server_ts,
    content: event.content,
    ...(event.state_key === undefined ? {} : { state_key: event.state_key }),
    ...(event.redacts === undefined ? {} : { redacts: event.redacts }),
    unsigned: {
      age: Math.max(0, nowMs - event.origin_server_ts),
      ...(event.prevContent === undefined ? {} : { prev_content: event.prevContent }),
      ...(isOwn ? { transaction_id: transaction.txnId } : {}),
      ...(redactedBecause === undefined
        ? {}
        : { redacted_because: viewEvent(redactedBecause, caller, nowMs) }),
    },
  };
}
