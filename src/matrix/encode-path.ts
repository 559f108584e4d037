/** A template tag that percent-encodes what is inserted into a path or query; inserted text must be well-formed. */
export function encodePath(literals: TemplateStringsArray, ...parts: readonly string[]): string {
  let path = literals[0] ?? '';
  for (let index = 0; index < parts.length; index++) {
    path += encodeURIComponent(parts[index] ?? '') + (literals[index + 1] ?? '');
  }
  return path;
}
