import type { RouteOptions } from 'fastify';
import { RmapiRefusal } from '../rmapi-refusal.ts';
import type { UiFile } from '../ui-files.ts';

/** `GET /ui/matrix/{file}`: the browser part, for any page, as the original's proxy serves it. */
export function serveUi(files: ReadonlyMap<string, UiFile>): RouteOptions {
  return {
    method: ['GET', 'HEAD'],
    url: '/ui/matrix/:file',
    handler: (request, reply) => {
      const { file: name } = request.params as { readonly file: string };
      const file = files.get(name);
      if (file === undefined) throw new RmapiRefusal(404, 'Not Found');
      reply.removeHeader('access-control-allow-credentials');
      reply.header('access-control-allow-origin', '*').type(file.type).send(file.content);
    },
  };
}
