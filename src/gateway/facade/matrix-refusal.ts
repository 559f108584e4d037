import type { FastifyReply } from 'fastify';
import type { Failure, FailureCode } from '../../errors.ts';
import { retryAfterSeconds, withFailure } from '../problem.ts';

/** An error of the façade in the Matrix specification's words (Client-Server API, "Standard error response"). */
export class MatrixRefusal extends Error {
  override readonly name = 'MatrixRefusal';
  readonly status: number;
  readonly errcode: string;

  constructor(status: number, errcode: string, message: string) {
    super(message);
    this.status = status;
    this.errcode = errcode;
  }
}

/** The errcode for each failure that the façade may meet; whatever is missing is M_UNKNOWN. */
const errcodes: Partial<Record<FailureCode, string>> = {
  bad_input: 'M_BAD_JSON',
  body_too_large: 'M_TOO_LARGE',
  unauthorized: 'M_UNKNOWN_TOKEN',
  room_not_allowed: 'M_FORBIDDEN',
  operator_only: 'M_FORBIDDEN',
  not_found: 'M_NOT_FOUND',
  rate_limited: 'M_LIMIT_EXCEEDED',
};

/** Answers with a refusal. */
export function sendRefusal(reply: FastifyReply, refusal: MatrixRefusal): FastifyReply {
  reply.code(refusal.status).type('application/json');
  return reply.send(JSON.stringify({ errcode: refusal.errcode, error: refusal.message }));
}

/** Answers with a failure as a Matrix error; a rate limit is 429 with `retry_after_ms`, as Matrix clients expect. */
export function sendMatrixError(reply: FastifyReply, failure: Failure): FastifyReply {
  const { code, detail, problems, retryAfterMs } = failure;
  withFailure(reply, failure).type('application/json');
  if (code === 'rate_limited') reply.code(429);
  const { sentence, remedy } = failure.entry;
  const words = [sentence, detail, ...problems, remedy].filter((part) => part !== undefined);
  const seconds = retryAfterSeconds(failure);
  const body = {
    errcode: errcodes[code] ?? 'M_UNKNOWN',
    error: words.join(' '),
    retry_after_ms: retryAfterMs ?? (seconds === undefined ? undefined : seconds * 1000),
  };
  return reply.send(JSON.stringify(body));
}
