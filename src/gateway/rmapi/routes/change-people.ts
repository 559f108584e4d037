import type { FastifyReply, RouteOptions } from 'fastify';
import { pause } from '../../../clock.ts';
import { Failure, toFailure } from '../../../errors.ts';
import type { ChangeKind } from '../../../people/lifecycle-change.ts';
import { withFailure } from '../../problem.ts';
import type { RmapiContext } from '../rmapi-context.ts';
import type { UserRequest } from '../validate-body.ts';

/** The caller gives up after 3 s by default, and asks only once. */
const answerMsMax = 2500;

/** What the caller's schema allows in an answer, all of it. */
function result(success: boolean, error: string | null): string {
  return JSON.stringify({ success, extra: null, error });
}

/** Writes a change down. @throws Failure storage_failed if that takes longer than the caller waits */
async function record(context: RmapiContext, kind: ChangeKind, user: UserRequest): Promise<void> {
  const { people, clock, settings } = context.deps;
  const late = new AbortController();
  const recorded = people.change({
    name: user.callsign,
    kind,
    source: settings.callerCommonName,
  });
  try {
    const done = await Promise.race([
      recorded.then(() => true),
      pause(clock, answerMsMax, late.signal).then(() => false),
    ]);
    if (!done) {
      const detail = 'It was not confirmed in time, and may yet be recorded.';
      throw new Failure('storage_failed', { detail });
    }
  } finally {
    late.abort();
    // After the deadline nobody waits for it any more.
    recorded.catch(() => undefined);
  }
}

/** A name that nobody can have is the caller's business; anything else may be better another time. */
function answerFailure(reply: FastifyReply, failure: Failure): FastifyReply {
  const body = result(false, failure.message);
  return failure.entry.status < 500 ? reply.send(body) : withFailure(reply, failure).send(body);
}

function changePerson(context: RmapiContext, kind: ChangeKind): RouteOptions {
  const { events } = context.deps;
  return {
    method: kind === 'updated' ? 'PUT' : 'POST',
    url: `/api/v1/users/${kind}`,
    handler: async (request, reply) => {
      const user = context.admitUser(request, 'caller itself');
      reply.type('application/json');
      try {
        await record(context, kind, user);
        events.lifecycle({ action: kind, result: 'recorded' });
        return result(true, null);
      } catch (thrown) {
        const failure = toFailure(thrown);
        if (failure.code === 'bug') throw thrown;
        const isRefused = failure.entry.status < 500;
        const outcome = isRefused ? 'refused' : 'failed';
        events.lifecycle({ action: kind, result: outcome, code: failure.code });
        // The original does not look at the name either: nothing follows from an update.
        if (kind === 'updated' && isRefused) return result(true, null);
        return await answerFailure(reply, failure);
      }
    },
  };
}

/** `/api/v1/users/*`: what happened to a person, on disk before it is answered, whatever the homeserver does. */
export function changePeople(context: RmapiContext): RouteOptions[] {
  const kinds = ['created', 'revoked', 'promoted', 'demoted', 'updated'] as const;
  return kinds.map((kind) => changePerson(context, kind));
}
