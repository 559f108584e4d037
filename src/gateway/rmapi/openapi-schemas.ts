/** A JSON Schema, as far as it is looked at here. */
export type Schema = Readonly<Record<string, unknown>>;

const text = (title: string, description: string): Schema => ({
  type: 'string',
  title,
  description,
});
const textOrNull = (title: string, description: string): Schema => ({
  anyOf: [{ type: 'string' }, { type: 'null' }],
  title,
  description,
});

function closed(
  title: string,
  description: string,
  properties: Readonly<Record<string, Schema>>,
  required: readonly string[],
): Schema {
  return { properties, additionalProperties: false, type: 'object', required, title, description };
}

const described: Readonly<Record<string, Schema>> = {
  shortname: text('Shortname', 'Short name for the product, used as slug/key in dicts and urls'),
  title: text('Title', 'Fancy name for the product'),
  icon: textOrNull('Icon', 'URL for icon'),
  description: text('Description', 'Short-ish description of the product'),
  language: text('Language', 'Language of this response'),
};

/** The bodies of the drop-in's interface. All of them are closed: the caller takes an unknown key for a failure. */
export const openapiSchemas: Readonly<Record<string, Schema>> = {
  UserCRUDRequest: closed(
    'UserCRUDRequest',
    'Request to create user',
    {
      uuid: text('Uuid', 'RASENMAEHER UUID for this user'),
      callsign: text('Callsign', 'Callsign of the user'),
      x509cert: text('X509Cert', 'Certificate encoded with CFSSL conventions (newlines escaped)'),
    },
    ['uuid', 'callsign', 'x509cert'],
  ),
  ProductAddRequest: closed(
    'ProductAddRequest',
    'Another product that asks to be let in',
    {
      certcn: text('Certcn', "CN of the product's certificate"),
      x509cert: text('X509Cert', 'Certificate encoded with CFSSL conventions (newlines escaped)'),
    },
    ['certcn', 'x509cert'],
  ),
  OperationResultResponse: closed(
    'OperationResultResponse',
    'Communicate result of operation',
    {
      success: {
        type: 'boolean',
        title: 'Success',
        description: 'Was the operation a success, used in addition to http status code',
      },
      extra: { ...textOrNull('Extra', 'Extra information'), nullable: true },
      error: { ...textOrNull('Error', 'Error message if any'), nullable: true },
    },
    ['success'],
  ),
  ProductHealthCheckResponse: closed(
    'ProductHealthCheckResponse',
    'Healthcheck response; the extra text is for people who look for a fault',
    {
      healthy: {
        type: 'boolean',
        title: 'Healthy',
        description: 'Everything is good, ready to serve',
      },
      extra: { ...textOrNull('Extra', 'Extra information'), nullable: true },
    },
    ['healthy'],
  ),
  UserInstructionFragment: closed(
    'UserInstructionFragment',
    'Product instructions for user',
    {
      html: text('Html', 'The HTML content will be shown for this products instructions'),
      inject_css: {
        ...textOrNull('Inject Css', 'If extra stylesheet is needed, set the fully qualified URI'),
        nullable: true,
      },
    },
    ['html'],
  ),
  ProductDescription: closed(
    'ProductDescription',
    'Description of a product',
    described,
    Object.keys(described),
  ),
  ProductDescriptionExtended: closed(
    'ProductDescriptionExtended',
    'Description of a product',
    {
      ...described,
      docs: textOrNull('Docs', 'Link to documentation'),
      component: {
        $ref: '#/components/schemas/ProductComponent',
        description: 'Component type and ref',
      },
    },
    [...Object.keys(described), 'docs', 'component'],
  ),
  ProductComponent: {
    properties: {
      type: { type: 'string', enum: ['link', 'markdown', 'component'], title: 'Type' },
      ref: { type: 'string', title: 'Ref' },
    },
    type: 'object',
    required: ['type', 'ref'],
    title: 'ProductComponent',
    description: 'Project component info',
  },
  ProductData: closed(
    'ProductData',
    'What a client needs to know',
    { data: { type: 'object', additionalProperties: true, title: 'Data' } },
    ['data'],
  ),
  HTTPValidationError: {
    properties: {
      detail: {
        items: { $ref: '#/components/schemas/ValidationError' },
        type: 'array',
        title: 'Detail',
      },
    },
    type: 'object',
    title: 'HTTPValidationError',
  },
  ValidationError: {
    properties: {
      loc: {
        items: { anyOf: [{ type: 'string' }, { type: 'integer' }] },
        type: 'array',
        title: 'Location',
      },
      msg: { type: 'string', title: 'Message' },
      type: { type: 'string', title: 'Error Type' },
      input: { title: 'Input' },
      ctx: { type: 'object', title: 'Context' },
    },
    type: 'object',
    required: ['loc', 'msg', 'type'],
    title: 'ValidationError',
  },
};
