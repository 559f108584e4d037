import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { Failure } from '../errors.ts';
import { parseWebAddress } from './web-address.ts';

/** What the deployment's tooling has written for the product that speaks for its homeserver. */
export interface RmapiManifest {
  /** The deployment's name: the first label of its domain. */
  readonly deployment: string;
  /** The common name of the caller's certificate. */
  readonly callerCommonName: string;
  /** The deployment's own address. */
  readonly deployUrl: string;
  /** The server name: the product's own name without its first label. */
  readonly serverName: string;
}

/** What holds where there is no manifest, as in the original. */
export const manifestFallback: RmapiManifest = {
  deployment: 'manifest_notfound',
  callerCommonName: 'rasenmaeher',
  deployUrl: 'https://localmaeher.dev.pvarki.fi:4439',
  serverName: 'localmaeher.dev.pvarki.fi',
};

const address = z.object({
  base_uri: z.string().refine((text) => parseWebAddress(text) !== undefined, 'must be an address'),
});

/** Only what is used: the tooling may add to it. */
const manifestSchema = z.object({
  deployment: z.string().min(1),
  rasenmaeher: z.object({ init: address, certcn: z.string().min(1) }),
  product: z.object({ dns: z.string().regex(/^[^.\s]+(?:\.[^.\s]+)+$/, 'must be a domain name') }),
});

/** The text of the manifest `file`. @throws Failure rmapi_invalid, with every mistake and none of the text */
export function parseManifest(text: string, file: string): RmapiManifest {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new Failure('rmapi_invalid', { problems: [`manifest: ${file} is not JSON`], cause });
  }
  const parsed = manifestSchema.safeParse(json);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      ({ path, message }) => `manifest: ${file}: ${path.join('.')}: ${message}`,
    );
    throw new Failure('rmapi_invalid', { problems });
  }
  const { deployment, rasenmaeher, product } = parsed.data;
  return {
    deployment,
    callerCommonName: rasenmaeher.certcn,
    deployUrl: parseWebAddress(rasenmaeher.init.base_uri) ?? '',
    serverName: product.dns.slice(product.dns.indexOf('.') + 1),
  };
}

/** A manifest with what is used of `manifest`: `parseManifest` reads the same from it. */
export function manifestText(manifest: RmapiManifest): string {
  const { deployment, callerCommonName: certcn, deployUrl, serverName } = manifest;
  return JSON.stringify({
    deployment,
    rasenmaeher: { init: { base_uri: deployUrl }, certcn },
    product: { dns: `matrix.${serverName}` },
  });
}

/** Reads a manifest; undefined: there is none. @throws Failure rmapi_invalid */
export async function readManifest(path: string): Promise<RmapiManifest | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    const { code = 'unknown reason' } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    const problems = [`manifest: ${path} cannot be read (${code})`];
    throw new Failure('rmapi_invalid', { problems, cause });
  }
  return parseManifest(text, path);
}
