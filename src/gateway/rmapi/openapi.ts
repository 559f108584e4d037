import { openapiSchemas, type Schema } from './openapi-schemas.ts';

/** One operation, as far as others look at it. */
export interface OpenapiOperation {
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description: string;
  readonly operationId: string;
  readonly parameters?: readonly Schema[];
  readonly requestBody?: Schema;
  readonly responses: Readonly<Record<string, Schema>>;
  readonly deprecated?: true;
  readonly security?: readonly Schema[];
}

export interface OpenapiDocument {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenapiOperation>>>>;
  readonly components: {
    readonly schemas: typeof openapiSchemas;
    readonly securitySchemes: Schema;
  };
}

interface Row {
  readonly method: 'get' | 'post' | 'put';
  readonly path: string;
  readonly name: string;
  readonly description: string;
  /** The schema of a body; undefined: none. */
  readonly body?: string;
  readonly answer: string | 'text' | 'texts' | 'list of texts';
  readonly open?: true;
  readonly deprecated?: true;
}

const changes: readonly (readonly [kind: string, description: string])[] = [
  ['created', 'New device cert created — force-join user to space and public rooms.'],
  ['revoked', 'Device cert revoked — deactivate and erase user from Synapse.'],
  [
    'promoted',
    'User promoted to admin — power level 100 in public rooms, invite to admin channel.',
  ],
  ['demoted', 'User demoted from admin — remove power level 100, kick from admin channel.'],
  ['updated', 'Callsign updated — no-op (callsign change requires a new Matrix account).'],
];
const userBody = 'UserCRUDRequest';
const instructing =
  'Return user instructions, we use POST because the integration layer might not keep\ntrack of callsigns and certs by UUID and will probably need both for the instructions';
const describing = 'Fetch description from each product in manifest';

const rows: readonly Row[] = [
  ...changes.map(
    ([kind, description]): Row => ({
      method: kind === 'updated' ? 'put' : 'post',
      path: `/api/v1/users/${kind}`,
      name: `user_${kind}`,
      description,
      body: userBody,
      answer: 'OperationResultResponse',
    }),
  ),
  {
    method: 'post',
    path: '/api/v1/clients/fragment',
    name: 'client_instruction_fragment',
    description: instructing,
    body: userBody,
    answer: 'list of texts',
    deprecated: true,
  },
  {
    method: 'get',
    path: '/api/v1/admins/fragment',
    name: 'admin_instruction_fragment',
    description: instructing,
    answer: 'UserInstructionFragment',
    deprecated: true,
  },
  {
    method: 'get',
    path: '/api/v1/healthcheck',
    name: 'request_healthcheck',
    description: 'Check that we are healthy, return accordingly',
    answer: 'ProductHealthCheckResponse',
    open: true,
  },
  {
    method: 'get',
    path: '/api/v1/description/{language}',
    name: 'return_product_description',
    description: describing,
    answer: 'ProductDescription',
    open: true,
  },
  {
    method: 'post',
    path: '/api/v1/instructions/{language}',
    name: 'user_intructions',
    description: 'return user instructions',
    body: userBody,
    answer: 'texts',
  },
  {
    method: 'get',
    path: '/api/v2/description/{language}',
    name: 'return_product_description_extended',
    description: describing,
    answer: 'ProductDescriptionExtended',
    open: true,
  },
  {
    method: 'post',
    path: '/api/v2/clients/{language}/info.md',
    name: 'get_info',
    description: 'Return customized markdown',
    body: userBody,
    answer: 'text',
  },
  {
    method: 'get',
    path: '/api/v2/admin/description/{language}',
    name: 'return_admin_description',
    description: 'Description of the product for administrators',
    answer: 'ProductDescriptionExtended',
    open: true,
  },
  ...['/api/v2/clients/data', '/api/v2/admin/clients/data'].map(
    (path): Row => ({
      method: 'post',
      path,
      name: 'client_data',
      description: 'What a client needs to know: the homeserver',
      body: userBody,
      answer: 'ProductData',
    }),
  ),
  {
    method: 'post',
    path: '/api/v1/interop/add',
    name: 'product_add',
    description: 'Another product asks to be let in; refused, as there is nothing it could get',
    body: 'ProductAddRequest',
    answer: 'OperationResultResponse',
  },
];

const reference = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });

const capitalised = (words: string): string => words.replaceAll(/\b[a-z]/g, (c) => c.toUpperCase());

function answerSchema(answer: string, operationId: string): Schema {
  const map = { additionalProperties: { type: 'string' }, type: 'object' };
  const title = `Response ${capitalised(operationId.replaceAll('_', ' '))}`;
  switch (answer) {
    case 'text':
      return { type: 'string' };
    case 'texts':
      return { ...map, title };
    case 'list of texts':
      return { items: map, type: 'array', title };
    default:
      return reference(answer);
  }
}

/** A path's language, if it has one. */
const languageParameter: Schema = {
  name: 'language',
  in: 'path',
  required: true,
  schema: { type: 'string', title: 'Language' },
};

function operationOf({ method, path, name, description, body, answer, open, deprecated }: Row) {
  const hasLanguage = path.includes('{language}');
  const operationId = `${name}${path.replaceAll(/\W/g, '_')}_${method}`;
  const answerType = answer === 'text' ? 'text/plain' : 'application/json';
  const refused = {
    description: 'Validation Error',
    content: { 'application/json': { schema: reference('HTTPValidationError') } },
  };
  const operation: OpenapiOperation = {
    tags: [path.split('/')[path.includes('/admin/') ? 4 : 3] ?? ''],
    summary: capitalised(name.replaceAll('_', ' ')),
    description,
    operationId,
    ...(hasLanguage && { parameters: [languageParameter] }),
    ...(body !== undefined && {
      requestBody: { content: { 'application/json': { schema: reference(body) } }, required: true },
    }),
    responses: {
      '200': {
        description: 'Successful Response',
        content: { [answerType]: { schema: answerSchema(answer, operationId) } },
      },
      ...((hasLanguage || body !== undefined) && { '422': refused }),
    },
    ...(deprecated && { deprecated }),
    ...(open === undefined && { security: [{ MTLSHeader: [] }] }),
  };
  return operation;
}

/** The drop-in's interface as an OpenAPI 3.1 document: the original's, and what its caller asks for beyond it. */
export function rmapiOpenapi(version: string): OpenapiDocument {
  return {
    openapi: '3.1.0',
    info: { title: 'Bellhop in place of python-matrix-rmapi', version },
    paths: Object.fromEntries(
      rows.map((row) => [row.path, { [row.method]: operationOf(row) }] as const),
    ),
    components: {
      schemas: openapiSchemas,
      securitySchemes: { MTLSHeader: { type: 'http', scheme: 'header' } },
    },
  };
}
