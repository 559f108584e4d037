import type { RouteOptions } from 'fastify';
import { rmapiOpenapi } from '../openapi.ts';
import type { RmapiContext } from '../rmapi-context.ts';

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
const escapeText = (text: string): string => text.replace(/[&<>]/g, (sign) => escapes[sign] ?? '');

function docsPage(document: ReturnType<typeof rmapiOpenapi>): string {
  const rows = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, { summary, description }]) => {
      const cells = [`<code>${method.toUpperCase()} ${path}</code>`, summary, description];
      return `<tr>${cells.map((cell, at) => `<td>${at === 0 ? cell : escapeText(cell)}</td>`).join('')}</tr>`;
    }),
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${document.info.title}</title></head>
<body><h1>${document.info.title}</h1><p><a href="openapi.json">openapi.json</a></p>
<table>${rows.join('\n')}</table></body></html>
`;
}

/** `GET /api/openapi.json` and `/api/docs`: the interface, for programs and for people. */
export function explainInterface(context: RmapiContext): RouteOptions[] {
  const document = rmapiOpenapi(context.deps.version);
  const json = JSON.stringify(document);
  const page = docsPage(document);
  return [
    {
      method: ['GET', 'HEAD'],
      url: '/api/openapi.json',
      handler: (_request, reply) => reply.type('application/json').send(json),
    },
    {
      method: ['GET', 'HEAD'],
      url: '/api/docs',
      handler: (_request, reply) => reply.type('text/html; charset=utf-8').send(page),
    },
  ];
}
