import type { FastifyRequest, RouteOptions } from 'fastify';
import { Failure } from '../../errors.ts';
import type { EntryView } from '../../outbox/entry.ts';
import type { OperatorResult } from '../../outbox/outbox.ts';
import { findEntries } from '../find-entries.ts';
import type { GatewayContext } from '../gateway-context.ts';
import { operatorOf, queryField } from '../request-state.ts';

/** What becomes of each entry, in the answer. */
interface ResultJson {
  readonly id: string;
  readonly ok: boolean;
  /** The entry that took its place. */
  readonly new_id?: string | undefined;
  readonly problem?: string | undefined;
  readonly state?: string | undefined;
}

function resultJson(view: EntryView, result: OperatorResult): ResultJson {
  if (!result.ok) {
    return { id: view.id, ok: false, problem: result.problem, state: result.state ?? view.state };
  }
  return { id: view.id, ok: true, new_id: result.id === view.id ? undefined : result.id };
}

/** If nothing at all could be done, the answer is an error. */
function requireOne(results: readonly ResultJson[]): void {
  if (results.some((result) => result.ok)) return;
  const problems = results.map(({ id, state }) => `${id}: is ${state ?? 'gone'}`);
  throw new Failure('state_conflict', { problems });
}

type Operation = (view: EntryView, request: FastifyRequest) => Promise<OperatorResult>;

function operation(
  context: GatewayContext,
  action: 'wake' | 'redrive' | 'cancel',
  operate: Operation,
): RouteOptions {
  return {
    method: 'POST',
    url: `/v1/notifications/:id/${action}`,
    handler: async (request, reply) => {
      const operator = operatorOf(request);
      const views = await findEntries(request, context.deps.outbox);
      const results: ResultJson[] = [];
      for (const view of views) results.push(resultJson(view, await operate(view, request)));
      requireOne(results);
      const { id } = request.params as { readonly id: string };
      context.deps.events.operated({ operator, action, id });
      reply.type('application/json');
      return JSON.stringify({ results });
    },
  };
}

/** `POST …/{id}/cancel`: withdraws what cannot have left yet; operators only. */
export function cancelEntries(context: GatewayContext): RouteOptions {
  const { outbox, clock } = context.deps;
  return operation(context, 'cancel', (view) => outbox.cancel(view.id, clock.now()));
}

/** `POST …/{id}/redrive[?force=true]`: a dead, cancelled or expired entry again, at its lane's end; operators only. */
export function redriveEntries(context: GatewayContext): RouteOptions {
  const { outbox, clock, ids } = context.deps;
  return operation(context, 'redrive', (view, request) => {
    const fresh = { id: ids.notification(), txnId: ids.txn() };
    const force = queryField(request, 'force') === 'true';
    return outbox.redrive(view.id, fresh, force, clock.now());
  });
}

/** `POST …/{id}/wake`: the lanes of its entries are tried now; operators only. */
export function wakeEntries(context: GatewayContext): RouteOptions {
  return operation(context, 'wake', async (view) => {
    await context.deps.wake(view.id);
    return { ok: true, id: view.id };
  });
}

/** `POST /v1/wake`: every lane that waits is tried now; operators only. */
export function wakeAll(context: GatewayContext): RouteOptions {
  return {
    method: 'POST',
    url: '/v1/wake',
    handler: async (request, reply) => {
      const operator = operatorOf(request);
      await context.deps.wake();
      context.deps.events.operated({ operator, action: 'wake', id: 'all' });
      reply.code(204);
      return '';
    },
  };
}
