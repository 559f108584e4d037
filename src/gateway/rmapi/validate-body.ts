import type { JsonBody } from './read-json-body.ts';
import { RmapiRefusal, type ValidationProblem } from './rmapi-refusal.ts';

/** What the caller says of a person: `UserCRUDRequest`. */
export interface UserRequest {
  /** Any text. */
  readonly uuid: string;
  readonly callsign: string;
  /** PEM with line ends, or with them written as `\n`; or `NOCERTFOUND`; or nothing. */
  readonly x509cert: string;
}

/** What another product shows of itself: `ProductAddRequest`. */
export interface ProductRequest {
  readonly certcn: string;
  readonly x509cert: string;
}

function problem(type: string, place: readonly string[], msg: string, input: unknown) {
  return { type, loc: ['body', ...place], msg, input } satisfies ValidationProblem;
}

function checkField(
  object: Readonly<Record<string, unknown>>,
  name: string,
): ValidationProblem | undefined {
  if (!Object.hasOwn(object, name)) return problem('missing', [name], 'Field required', object);
  const value = object[name];
  if (typeof value !== 'string') {
    return problem('string_type', [name], 'Input should be a valid string', value);
  }
  if (value.isWellFormed()) return undefined;
  return problem(
    'string_unicode',
    [name],
    'Input should be a valid string, unable to parse raw data as a unicode string',
    value.toWellFormed(),
  );
}

/** An object with exactly these text fields. @throws RmapiRefusal 422 with every mistake, in the fields' order */
function validate(body: JsonBody, fields: readonly string[]): Readonly<Record<string, string>> {
  const value = body.kind === 'json' ? body.value : null;
  if (body.kind !== 'text' && value === null) {
    throw new RmapiRefusal(422, [problem('missing', [], 'Field required', null)]);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const input = body.kind === 'text' ? body.text : value;
    const words = 'Input should be a valid dictionary or object to extract fields from';
    throw new RmapiRefusal(422, [problem('model_attributes_type', [], words, input)]);
  }
  const object = value as Readonly<Record<string, unknown>>;
  const problems = [
    ...fields.map((name) => checkField(object, name)).filter((found) => found !== undefined),
    ...Object.keys(object)
      .filter((name) => !fields.includes(name))
      .map((name) =>
        problem('extra_forbidden', [name], 'Extra inputs are not permitted', object[name]),
      ),
  ];
  if (problems.length > 0) throw new RmapiRefusal(422, problems);
  return object as Readonly<Record<string, string>>;
}

/** A `UserCRUDRequest`. @throws RmapiRefusal 422 */
export function validateUser(body: JsonBody): UserRequest {
  const {
    uuid = '',
    callsign = '',
    x509cert = '',
  } = validate(body, ['uuid', 'callsign', 'x509cert']);
  return { uuid, callsign, x509cert };
}

/** A `ProductAddRequest`. @throws RmapiRefusal 422 */
export function validateProduct(body: JsonBody): ProductRequest {
  const { certcn = '', x509cert = '' } = validate(body, ['certcn', 'x509cert']);
  return { certcn, x509cert };
}
