import { readFileSync } from 'node:fs';

/** A JSON Schema of the document; true and false are schemas too. */
export type Schema = boolean | { readonly [key: string]: unknown };

export interface Parameter {
  readonly in: 'path' | 'query' | 'header';
  readonly name: string;
  readonly required?: boolean;
  readonly schema?: Schema;
}

export interface Body {
  readonly required?: boolean;
  readonly content?: Readonly<Record<string, { readonly schema?: Schema }>>;
}

/** One operation of an OpenAPI 3.1 document, as far as it is read here. */
export interface DocumentedOperation {
  readonly operationId: string;
  readonly deprecated?: boolean;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: Body;
  readonly responses: Readonly<Record<string, Body>>;
  readonly security?: readonly Readonly<Record<string, unknown>>[];
}

/** A path with its methods in lower case. */
export type Paths = Readonly<Record<string, Readonly<Record<string, DocumentedOperation>>>>;

/** The paths of the pruned official document beside this file. */
export function readPaths(): Paths {
  const file = new URL('./matrix-client-server.openapi.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { paths: Paths }).paths;
}
