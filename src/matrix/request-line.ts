/** `PUT /_matrix/client/v3/…` without query, for errors and logs. */
export function requestLine(request: { readonly method: string; readonly path: string }): string {
  const query = request.path.indexOf('?');
  return `${request.method} ${query < 0 ? request.path : request.path.slice(0, query)}`;
}
