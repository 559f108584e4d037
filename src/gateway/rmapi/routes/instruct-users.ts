import type { RouteOptions } from 'fastify';
import type { RmapiContext } from '../rmapi-context.ts';
import { textsFor } from '../texts.ts';
import { zipArchive } from '../zip-archive.ts';

/** A file's name from a callsign: what would lead out of the archive's directory is replaced. */
const fileName = (callsign: string): string => callsign.replace(/[/\\\p{Cc}]/gu, '_');

/** `POST /api/v1/clients/fragment`: the certificate, packed twice, as in the original. */
function clientFragment(context: RmapiContext): RouteOptions {
  return {
    method: 'POST',
    url: '/api/v1/clients/fragment',
    handler: (request, reply) => {
      const { callsign, x509cert } = context.admitUser(request, 'any certificate');
      const fragments = ['iMatrix', 'aMatrix'].map((title, index) => {
        const name = `${fileName(callsign)}_${index + 1}`;
        const zip = zipArchive(`${name}.pem`, x509cert, context.deps.clock.now());
        const data = `data:application/zip;base64,${zip.toString('base64')}`;
        return { title, data, filename: `${name}.zip` };
      });
      reply.type('application/json').send(JSON.stringify(fragments));
    },
  };
}

/** `GET /api/v1/admins/fragment`: a greeting. */
function adminFragment(context: RmapiContext): RouteOptions {
  return {
    method: 'GET',
    url: '/api/v1/admins/fragment',
    handler: (request, reply) => {
      context.admit(request, 'any certificate');
      const body = { html: '<p>Hello to the admin</p>', inject_css: null };
      reply.type('application/json').send(JSON.stringify(body));
    },
  };
}

/** `POST /api/v1/instructions/{language}`: in English whatever the language, as the original. */
function instructions(context: RmapiContext): RouteOptions {
  const { homeserverUrl } = context.deps.settings;
  const words = `Sign in with a Matrix client; the homeserver is ${homeserverUrl}`;
  return {
    method: 'POST',
    url: '/api/v1/instructions/:language',
    handler: (request, reply) => {
      const { callsign } = context.admitUser(request, 'any certificate');
      const body = { callsign, instructions: words, language: 'en' };
      reply.type('application/json').send(JSON.stringify(body));
    },
  };
}

/** `POST /api/v2/clients/{language}/info.md`: a greeting in Markdown. */
function info(context: RmapiContext): RouteOptions {
  return {
    method: 'POST',
    url: '/api/v2/clients/:language/info.md',
    handler: (request, reply) => {
      const { callsign } = context.admitUser(request, 'caller');
      const { language } = request.params as { readonly language: string };
      const { deployment } = context.deps.settings;
      reply
        .type('text/plain; charset=utf-8')
        .send(textsFor(language).info({ callsign, deployment }));
    },
  };
}

/** What a user's client needs to know. */
function clientDocument({ deps }: RmapiContext): string {
  const { deployment, homeserverUrl } = deps.settings;
  return JSON.stringify({ data: { deployment, homeserver_url: homeserverUrl } });
}

/** `POST /api/v2/clients/data` and `/api/v2/admin/clients/data`: where the homeserver is. */
function clientFacts(context: RmapiContext, url: string): RouteOptions {
  return {
    method: 'POST',
    url,
    handler: (request, reply) => {
      context.admitUser(request, 'caller');
      reply.type('application/json').send(clientDocument(context));
    },
  };
}

/** What the deployment shows to a user of the product. */
export function instructUsers(context: RmapiContext): RouteOptions[] {
  return [
    clientFragment(context),
    adminFragment(context),
    instructions(context),
    info(context),
    clientFacts(context, '/api/v2/clients/data'),
    clientFacts(context, '/api/v2/admin/clients/data'),
  ];
}
