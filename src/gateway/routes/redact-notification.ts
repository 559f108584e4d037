import type { RouteOptions } from 'fastify';
import { type Addressee, redactionContent } from '../../outbox/draft.ts';
import type { EntryView } from '../../outbox/entry.ts';
import { localEventId } from '../../outbox/local-event-id.ts';
import { briefOf, type EntryBrief, stateOf } from '../entry-json.ts';
import { findEntries } from '../find-entries.ts';
import type { GatewayContext } from '../gateway-context.ts';
import { readingCaller, settingsOf } from '../request-state.ts';
import type { GatewaySettings } from '../settings.ts';

/** A redaction is wanted however late it is, and looks the same in every room. */
const redactionSettings = {
  msgtype: 'm.text',
  lateAfterMs: undefined,
  expireAfterMs: undefined,
} as const;

/** Whether there is, or may yet be, an event to redact. */
function isRedactable(view: EntryView): boolean {
  return (
    view.type !== 'm.room.redaction' && ['queued', 'unknown', 'delivered'].includes(view.state)
  );
}

/**
 * `DELETE /v1/notifications/{id}`: what has not left is cancelled, what has is redacted by an event of its own in the
 * same lane. 200 when nothing is left to do, 202 while a redaction is owed.
 */
export function redactNotification(context: GatewayContext): RouteOptions {
  const { outbox, clock, events } = context.deps;

  async function redact(
    view: EntryView,
    settings: GatewaySettings,
  ): Promise<readonly EntryBrief[]> {
    if (view.state === 'queued') {
      const cancelled = await outbox.cancel(view.id, clock.now());
      if (cancelled.ok) return [{ ...briefOf(view, settings.rooms), state: 'cancelled' }];
    }
    const addressee: Addressee = { ...redactionSettings, account: view.account, room: view.room };
    // Its event may not be known yet; delivery puts the real id in place of a local one.
    const eventId = view.eventId ?? localEventId(view.id);
    const receipt = await context.submitter.event(
      {
        source: view.source,
        format: 'redaction',
        idempotency: { key: `redact:${view.id}`, digest: view.id },
      },
      { type: 'm.room.redaction', content: redactionContent(eventId) },
      addressee,
    );
    return await context.submitter.briefs(receipt, settings);
  }

  return {
    method: 'DELETE',
    url: '/v1/notifications/:id',
    handler: async (request, reply) => {
      const settings = settingsOf(request);
      const caller = readingCaller(request);
      const { id } = request.params as { readonly id: string };
      const views = await findEntries(request, outbox);
      const entries: EntryBrief[] = [];
      for (const view of views.filter(isRedactable)) {
        entries.push(...(await redact(view, settings)));
      }
      if (caller.kind === 'operator')
        events.operated({ operator: caller.name, action: 'redact', id });
      const isDone = entries.every(({ state }) => state === 'cancelled' || state === 'delivered');
      const state = entries.length === 0 ? stateOf(views) : stateOf(entries);
      reply.code(isDone ? 200 : 202).type('application/json');
      return JSON.stringify({ id, state, entries });
    },
  };
}
