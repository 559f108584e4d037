import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import {
  type Body,
  type DocumentedOperation,
  type Parameter,
  readPaths,
  type Schema,
} from './document.ts';

/** A request and its answer; a fault's answer counts as `injected` and is not judged. */
export interface CheckedExchange {
  readonly method: string;
  /** Percent-encoded, without query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly requestBody: unknown;
  readonly status: number;
  readonly responseBody: unknown;
  readonly injected?: boolean;
}

interface Route {
  readonly method: string;
  readonly segments: readonly string[];
  readonly operation: DocumentedOperation;
}

/** Calls that are not the specification's: Synapse's administration. */
const allowedPrefixes = ['/_synapse/admin/'] as const;

/** Query parameters beside the document's: servers before v1.12 of the specification read `server_name` for `via`. */
const allowedQuery: ReadonlySet<string> = new Set(['server_name']);

/** Client-server API §2.1.1, for statuses that an operation does not list. */
const standardError: Schema = {
  type: 'object',
  required: ['errcode'],
  properties: { errcode: { type: 'string', pattern: '^[A-Z][A-Z0-9_.]*$' } },
};

/** Holds exchanges against the official OpenAPI document, and remembers which operations it has seen. */
export class ExchangeChecker {
  /** Ids of the operations that were checked. */
  readonly covered: Set<string> = new Set();
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
  readonly #compiled = new Map<Schema, ValidateFunction>();
  readonly #strict = new Map<Schema, Schema>();
  readonly #routes: readonly Route[] = Object.entries(readPaths()).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      method: method.toUpperCase(),
      segments: path.split('/'),
      operation,
    })),
  );

  /** What breaks the specification, in words; empty when all is well. */
  checkExchange(exchange: CheckedExchange): readonly string[] {
    if (allowedPrefixes.some((prefix) => exchange.path.startsWith(prefix))) return [];
    const found = this.#find(exchange.method, exchange.path);
    if (found === undefined) return [`${exchange.method} ${exchange.path} is not an operation`];
    const { operation, values } = found;
    this.covered.add(operation.operationId);
    const violations = [
      ...(operation.deprecated === true ? ['the operation is deprecated'] : []),
      ...checkToken(exchange, operation),
      ...this.#checkParameters(exchange, operation, values),
      ...this.#checkRequestBody(exchange, operation),
      ...(exchange.injected === true ? [] : this.#checkResponse(exchange, operation)),
    ];
    return violations.map((violation) => `${operation.operationId}: ${violation}`);
  }

  #find(
    method: string,
    path: string,
  ): { operation: DocumentedOperation; values: ReadonlyMap<string, string> } | undefined {
    // The slash before an empty state key may be left out, client-server API §6.5.
    for (const candidate of [path, `${path}/`]) {
      const segments = candidate.split('/');
      for (const route of this.#routes) {
        const values = route.method === method ? capture(route.segments, segments) : undefined;
        if (values !== undefined) return { operation: route.operation, values };
      }
    }
    return undefined;
  }

  #checkParameters(
    exchange: CheckedExchange,
    operation: DocumentedOperation,
    values: ReadonlyMap<string, string>,
  ): readonly string[] {
    const parameters = operation.parameters ?? [];
    const violations = parameters.flatMap((parameter) => {
      const value = given(parameter, exchange, values);
      const place = `${parameter.in} ${parameter.name}`;
      if (value === undefined) return parameter.required === true ? [`${place} is missing`] : [];
      return this.#validate(parameter.schema ?? true, value, place);
    });
    const known = new Set(parameters.filter((each) => each.in === 'query').map(({ name }) => name));
    for (const name of exchange.query.keys()) {
      if (!known.has(name) && !allowedQuery.has(name) && name !== 'access_token') {
        violations.push(`query ${name} is unknown`);
      }
    }
    return violations;
  }

  #checkRequestBody(exchange: CheckedExchange, operation: DocumentedOperation): readonly string[] {
    const { requestBody: body, headers } = exchange;
    const required = operation.requestBody?.required === true;
    if (body === undefined) return required && isJson(operation.requestBody) ? ['no body'] : [];
    const schema = jsonSchema(operation.requestBody);
    if (schema === undefined) return [];
    const type = headers['content-type'];
    const isJsonType = typeof type === 'string' && /^application\/json\b/.test(type);
    return [
      ...(isJsonType ? [] : ['the Content-Type of the body is not application/json']),
      ...deprecatedFields(schema, body),
      ...this.#validate(this.#closed(schema), body, 'request'),
    ];
  }

  #checkResponse(exchange: CheckedExchange, operation: DocumentedOperation): readonly string[] {
    const { status, responseBody } = exchange;
    const documented = operation.responses[String(status)];
    if (documented === undefined) {
      if (status < 400) return [`status ${status} is not documented`];
      return this.#validate(standardError, responseBody, `answer ${status}`);
    }
    const schema = answerSchema(jsonSchema(documented), exchange.query);
    return schema === undefined ? [] : this.#validate(schema, responseBody, `answer ${status}`);
  }

  /** A copy that takes no fields beyond those it names; one that names none takes any. */
  #closed(schema: Schema): Schema {
    if (typeof schema === 'boolean' || schema['properties'] === undefined) return schema;
    if (schema['additionalProperties'] !== undefined) return schema;
    let closed = this.#strict.get(schema);
    if (closed === undefined) {
      closed = { ...schema, unevaluatedProperties: false };
      this.#strict.set(schema, closed);
    }
    return closed;
  }

  #validate(schema: Schema, value: unknown, place: string): string[] {
    let validate = this.#compiled.get(schema);
    if (validate === undefined) {
      validate = this.#ajv.compile(schema);
      this.#compiled.set(schema, validate);
    }
    if (validate(value)) return [];
    return (validate.errors ?? []).map((error) => `${place}${describe(error)}`);
  }
}

function describe({ instancePath, message = 'is not valid', params }: ErrorObject): string {
  const name: unknown = params['unevaluatedProperty'];
  return `${instancePath} ${message}${typeof name === 'string' ? `: ${name}` : ''}`;
}

function capture(
  template: readonly string[],
  segments: readonly string[],
): ReadonlyMap<string, string> | undefined {
  if (template.length !== segments.length) return undefined;
  const values = new Map<string, string>();
  for (const [place, expected] of template.entries()) {
    const segment = segments[place] ?? '';
    if (expected.startsWith('{')) values.set(expected.slice(1, -1), decodeURIComponent(segment));
    else if (expected !== segment) return undefined;
  }
  return values;
}

function checkToken(exchange: CheckedExchange, operation: DocumentedOperation): readonly string[] {
  if (exchange.query.has('access_token')) return ['the access token is in the query'];
  const needed = operation.security?.every((way) => Object.keys(way).length > 0) ?? false;
  const { authorization } = exchange.headers;
  const isBearer = typeof authorization === 'string' && /^Bearer \S/.test(authorization);
  // Who asks without a token and is told so breaks no rule.
  if (!needed || isBearer || exchange.status === 401) return [];
  return ['there is no Bearer token'];
}

function given(
  parameter: Parameter,
  exchange: CheckedExchange,
  values: ReadonlyMap<string, string>,
): unknown {
  switch (parameter.in) {
    case 'path':
      return values.get(parameter.name);
    case 'header':
      return exchange.headers[parameter.name.toLowerCase()];
    case 'query':
      return coerce(parameter.schema ?? true, exchange.query.getAll(parameter.name));
  }
}

/** Query text as the type its schema asks for; what does not fit stays text and is refused by the schema. */
function coerce(schema: Schema, texts: readonly string[]): unknown {
  const type = typeof schema === 'boolean' ? undefined : schema['type'];
  const [text] = texts;
  if (text === undefined) return undefined;
  if (type === 'array') return texts;
  if (type === 'integer' && /^-?\d+$/.test(text)) return Number(text);
  if (type === 'boolean' && /^(true|false)$/.test(text)) return text === 'true';
  return text;
}

function jsonSchema(body: Body | undefined): Schema | undefined {
  return body?.content?.['application/json']?.schema;
}

/**
 * State is answered as `oneOf` any object and an event, which no event can satisfy, as it is an object too: the `format`
 * that was asked for tells which is meant.
 */
function answerSchema(schema: Schema | undefined, query: URLSearchParams): Schema | undefined {
  const either = typeof schema === 'object' ? schema['oneOf'] : undefined;
  if (!Array.isArray(either)) return schema;
  const [content, event] = either as readonly Schema[];
  return query.get('format') === 'event' ? event : content;
}

const isJson = (body: Body | undefined): boolean => jsonSchema(body) !== undefined;

function deprecatedFields(schema: Schema, body: unknown): readonly string[] {
  const properties = typeof schema === 'boolean' ? undefined : schema['properties'];
  if (typeof properties !== 'object' || properties === null) return [];
  if (typeof body !== 'object' || body === null) return [];
  const isDeprecated = (field: unknown) =>
    typeof field === 'object' &&
    field !== null &&
    'deprecated' in field &&
    field.deprecated === true;
  return Object.entries(properties)
    .filter(([name, field]) => name in body && isDeprecated(field))
    .map(([name]) => `the field ${name} is deprecated`);
}
