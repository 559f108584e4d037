import { Refusal } from './reply.ts';
import type { Room } from './room.ts';
import type { NewEvent } from './rooms.ts';

/** Client-server API §6.2: the whole event as canonical JSON. */
const eventBytesMax = 65_536;
/** Client-server API §6.2: type and state key. */
const identifierBytesMax = 255;
/** What Synapse adds to a content: hashes, signature, previous and authorising events, depth, time; measured. */
const envelopeBytes = 504;
/** Before version 12 the create event is among the authorising events. */
const createEventReferenceBytes = 47;

/**
 * Refuses an event that would be larger than the specification allows.
 * @throws Refusal 413 `M_TOO_LARGE`.
 */
export function checkEventSize(room: Room, event: NewEvent): void {
  checkIdentifier('type', event.type);
  if (event.state_key !== undefined) checkIdentifier('state_key', event.state_key);
  const bytes =
    Buffer.byteLength(JSON.stringify(event.content)) +
    Buffer.byteLength(`${room.roomId}${event.sender}${event.type}${event.state_key ?? ''}`) +
    envelopeBytes +
    (room.hasCreators ? 0 : createEventReferenceBytes);
  if (bytes > eventBytesMax) throw new Refusal(413, 'M_TOO_LARGE', 'event too large');
}

function checkIdentifier(name: string, value: string): void {
  if (Buffer.byteLength(value) > identifierBytesMax) {
    throw new Refusal(413, 'M_TOO_LARGE', `'${name}' too large`);
  }
}
