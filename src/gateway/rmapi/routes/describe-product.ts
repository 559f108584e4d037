import type { FastifyRequest, RouteOptions } from 'fastify';
import type { RmapiContext } from '../rmapi-context.ts';
import { RmapiRefusal } from '../rmapi-refusal.ts';
import { textsFor } from '../texts.ts';

/** The old description's own words; other languages never had one. */
const firstDescriptions: ReadonlyMap<string, string> = new Map([
  ['fi', '"tuote" integraatioiden testaamiseen'],
  ['en', textsFor('en').description],
]);

function languageOf(request: FastifyRequest): string {
  const { language } = request.params as { readonly language: string };
  return language.toWellFormed();
}

/** `GET /api/v1/description/{language}`: in fi and en only. */
function describeFirst(): RouteOptions {
  return {
    method: 'GET',
    url: '/api/v1/description/:language',
    handler: (request, reply) => {
      const language = languageOf(request);
      const description = firstDescriptions.get(language);
      if (description === undefined) throw new RmapiRefusal(404, 'Not Found');
      const body = { shortname: 'matrix', title: 'Matrix', icon: null, description, language };
      reply.type('application/json').send(JSON.stringify(body));
    },
  };
}

function extended(language: string, description: string) {
  return {
    shortname: 'matrix',
    title: 'Matrix',
    icon: 'ui/matrix/matrixlogo.svg',
    description,
    language,
    docs: `https://docs.pvarki.fi/${encodeURIComponent(language)}/docs/guides/matrix-guide`,
    component: { type: 'component', ref: '/ui/matrix/remoteEntry.js' },
  };
}

/** `GET /api/v2/description/{language}`: any language, which is echoed; English where there is no text. */
function describeSecond(): RouteOptions {
  return {
    method: 'GET',
    url: '/api/v2/description/:language',
    handler: (request, reply) => {
      const language = languageOf(request);
      const body = extended(language, textsFor(language).description);
      reply.type('application/json').send(JSON.stringify(body));
    },
  };
}

/** `GET /api/v2/admin/description/{language}`: the same for administrators. */
function describeForAdmins(): RouteOptions {
  return {
    method: 'GET',
    url: '/api/v2/admin/description/:language',
    handler: (request, reply) => {
      const language = languageOf(request);
      const body = { ...extended(language, textsFor(language).adminDescription), docs: null };
      reply.type('application/json').send(JSON.stringify(body));
    },
  };
}

/** What the deployment shows of the product, to anybody. */
export function describeProduct(_context: RmapiContext): RouteOptions[] {
  return [describeFirst(), describeSecond(), describeForAdmins()];
}
