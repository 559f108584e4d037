import type { FastifyReply } from 'fastify';
import { Failure } from '../errors.ts';
import type { GatewayDeps } from './gateway-deps.ts';

/** What a caller is told to wait when nothing better is known: long enough to matter, short enough to be obeyed. */
const retryAfterSecondsDefault = 5;

/** The Retry-After of an answer, in whole seconds; undefined: waiting does not help. */
export function retryAfterSeconds(failure: Failure): number | undefined {
  if (failure.retryAfterMs !== undefined)
    return Math.max(1, Math.ceil(failure.retryAfterMs / 1000));
  return failure.entry.status === 503 ? retryAfterSecondsDefault : undefined;
}

interface FastifyMistake extends Error {
  readonly statusCode?: number;
}

/**
 * A thrown value as a Failure the caller may see. What is neither named nor the caller's own mistake is a bug: it gets
 * an incident id, is reported under it, and the caller sees nothing else of it.
 */
export function failureOf(
  thrown: unknown,
  route: string,
  deps: Pick<GatewayDeps, 'events' | 'ids'>,
): Failure {
  if (thrown instanceof Failure && thrown.code !== 'bug') return thrown;
  const status = thrown instanceof Error ? (thrown as FastifyMistake).statusCode : undefined;
  if (status !== undefined && status >= 400 && status < 500) {
    return new Failure('bad_input', { detail: 'The request is malformed.', cause: thrown });
  }
  const incidentId = deps.ids.notification();
  deps.events.incident({ incidentId, route, cause: thrown });
  return new Failure('bug', { detail: `Incident ${incidentId}.`, cause: thrown });
}

function splitProblem(problem: string): { place: string; message: string } {
  const colon = problem.indexOf(': ');
  if (colon === -1) return { place: '', message: problem };
  return { place: problem.slice(0, colon), message: problem.slice(colon + 2) };
}

/** A problem document (RFC 9457) with `code`, `remedy` and the single `problems` as members of our own. */
export function problemDocument(failure: Failure): string {
  const { entry, code, detail, problems } = failure;
  return JSON.stringify({
    type: `urn:bellhop:error:${code}`,
    title: entry.sentence,
    status: entry.status,
    detail,
    code,
    remedy: entry.remedy,
    problems: problems.length === 0 ? undefined : problems.map(splitProblem),
  });
}

/** A failure in words, for senders that show or log the answer: short, and one line per problem. */
export function problemText(failure: Failure): string {
  const { entry, detail, problems } = failure;
  const sentence = detail === undefined ? entry.sentence : `${entry.sentence} ${detail}`;
  return `${[sentence, ...problems, entry.remedy].join('\n')}\n`;
}

/** Status and headers that any answer of this failure has. */
export function withFailure(reply: FastifyReply, failure: Failure): FastifyReply {
  const seconds = retryAfterSeconds(failure);
  if (seconds !== undefined) reply.header('retry-after', seconds);
  if (failure.code === 'unauthorized') reply.header('www-authenticate', 'Bearer');
  return reply.code(failure.entry.status);
}
