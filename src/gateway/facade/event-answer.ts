import type { EntryView } from '../../outbox/entry.ts';
import { deadReasons } from '../../outbox/entry.ts';
import { localEventId } from '../../outbox/local-event-id.ts';
import type { GatewayContext } from '../gateway-context.ts';
import type { Receipt } from '../submitter.ts';
import { MatrixRefusal } from './matrix-refusal.ts';

/** Matrix senders give up after ten seconds or so; two are enough for a homeserver that is well. */
const eventIdWaitMs = 2000;

/** The homeserver's final word, told as the homeserver would have; undefined: there is none yet. */
function refusalOf(view: EntryView): MatrixRefusal | undefined {
  const { reason, state } = view;
  if (state !== 'dead' || reason === undefined) return undefined;
  const words = deadReasons[reason] + (view.lastError === undefined ? '' : ` (${view.lastError})`);
  switch (reason) {
    case 'too-large':
      return new MatrixRefusal(413, 'M_TOO_LARGE', words);
    case 'invalid':
      return new MatrixRefusal(400, 'M_BAD_JSON', words);
    case 'refused':
    case 'encrypted-room':
    case 'unencrypted':
      return new MatrixRefusal(403, 'M_FORBIDDEN', words);
    case 'ambiguous':
    case 'attachment':
    case 'server-error':
      // An operator may still bring it to its room, so the sender must not send it again.
      return undefined;
  }
}

/**
 * The event id of what was accepted: the real one if the homeserver gives it within 2 s, else a local one that may be
 * named later all the same.
 *
 * @throws MatrixRefusal when the homeserver refused it for good meanwhile
 */
export async function eventIdOf(context: GatewayContext, receipt: Receipt): Promise<string> {
  const entryId = receipt.entryIds[0] ?? receipt.id;
  const [view] = await context.waiting.settled([entryId], eventIdWaitMs);
  if (view?.eventId !== undefined) return view.eventId;
  const refusal = view === undefined ? undefined : refusalOf(view);
  if (refusal !== undefined) throw refusal;
  return localEventId(entryId);
}
