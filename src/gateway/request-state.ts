import type { FastifyRequest } from 'fastify';
import { Failure } from '../errors.ts';
import type { IncomingRequest } from '../formats/format.ts';
import type { Caller, SourceCaller } from './authenticator.ts';
import { bodyOf } from './read-body.ts';
import { type ParsedQuery, tokenFields } from './request-token.ts';
import type { GatewaySettings } from './settings.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; null before authentication, and where none is needed. */
    caller: Caller | null;
    /** The settings this request meets, whatever is reloaded meanwhile. */
    settings: GatewaySettings | null;
  }
  interface FastifyContextConfig {
    /** Brings something to deliver: counts against the source's rate, and is counted as received. */
    sends?: boolean;
    /** What is read of a body although nobody is known to have sent it; default: nothing. */
    anonymousBodyBytesMax?: number;
  }
}

/** The settings this request meets. */
export function settingsOf(request: FastifyRequest): GatewaySettings {
  if (request.settings === null) throw new Error('a request without settings');
  return request.settings;
}

/** The source that asks. @throws Failure unauthorized for an operator: operators send nothing */
export function sendingSource(request: FastifyRequest): SourceCaller {
  const { caller } = request;
  if (caller?.kind === 'source') return caller;
  throw new Failure('unauthorized', { detail: "An operator's token does not send." });
}

/** The source or operator that asks. @throws Failure unauthorized for one that may only send */
export function readingCaller(request: FastifyRequest): Caller {
  const { caller } = request;
  if (caller !== null && !(caller.kind === 'source' && caller.sendsOnly)) return caller;
  throw new Failure('unauthorized');
}

/** The operator that asks. @throws Failure operator_only */
export function operatorOf(request: FastifyRequest): string {
  const caller = readingCaller(request);
  if (caller.kind === 'operator') return caller.name;
  throw new Failure('operator_only');
}

const noValues: readonly string[] = [];
const noQuery: Readonly<Record<string, string>> = {};

/** The query's fields without tokens and `hidden`; of a repeated field the first. */
export function queryOf(
  query: ParsedQuery,
  hidden: readonly string[] = [],
): Readonly<Record<string, string>> {
  let fields: Record<string, string> | undefined;
  for (const name in query) {
    if (tokenFields.includes(name) || hidden.includes(name.toLowerCase())) continue;
    const value = query[name];
    const first = typeof value === 'string' ? value : value?.[0];
    if (first === undefined) continue;
    fields ??= Object.create(null) as Record<string, string>;
    fields[name] = first;
  }
  return fields ?? noQuery;
}

/** One field of the query; of a repeated one the first. */
export function queryField(request: FastifyRequest, name: string): string | undefined {
  const value = (request.query as ParsedQuery)[name];
  return typeof value === 'string' ? value : value?.[0];
}

/** All values of one field of the query, whatever its case, that are not blank. */
export function queryFields(request: FastifyRequest, name: string): readonly string[] {
  const query = request.query as ParsedQuery;
  let values = noValues;
  for (const field in query) {
    const value = query[field];
    if (value === undefined || field.toLowerCase() !== name) continue;
    values = [...values, value].flat().filter((text) => text.trim() !== '');
  }
  return values;
}

/** The request as the formats see it. @param hidden - query fields, in any case, that are not the format's */
export function incomingOf(
  request: FastifyRequest,
  hidden: readonly string[] = [],
): IncomingRequest {
  return {
    method: request.method,
    // Only `set-cookie` can be a list, and no request has it.
    headers: request.raw.headers as Readonly<Record<string, string | undefined>>,
    query: queryOf(request.query as ParsedQuery, hidden),
    body: bodyOf(request.body),
  };
}
