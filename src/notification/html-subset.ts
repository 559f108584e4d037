/**
 * The HTML a message may carry: Client-Server API v1.19 §11.2.1.1. Tag → attributes it may have.
 * https://spec.matrix.org/v1.19/client-server-api/#mroommessage-msgtypes
 */
export const htmlSubset: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(
    (
      'del h1 h2 h3 h4 h5 h6 blockquote p ul sup sub li b i u strong em s hr br ' +
      'table thead tbody tr th td caption pre details summary'
    )
      .split(' ')
      .map((tag) => [tag, []]),
  ),
  a: ['target', 'href'],
  code: ['class'],
  div: ['data-mx-maths'],
  img: ['width', 'height', 'alt', 'title', 'src'],
  ol: ['start'],
  span: ['data-mx-bg-color', 'data-mx-color', 'data-mx-spoiler', 'data-mx-maths'],
};

/** The same section: clients may refuse what is nested deeper. */
export const htmlDepthMax = 100;
