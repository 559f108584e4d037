/** Where in the configuration something stands: keys and list positions from the top. */
export type Path = readonly (string | number)[];

/** Takes down one mistake: where, and what would be right. Never a value, as it may be a secret. */
export type Report = (path: Path, message: string) => void;

/** A path as people write it: `sources.cluster.allow[0]`. */
export function formatPath(path: Path): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    const name = /^[\w-]+$/.test(part) ? part : JSON.stringify(part);
    return text === '' ? name : `${text}.${name}`;
  }, '');
}
