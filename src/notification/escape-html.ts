const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** The text so that HTML shows it as it is, in an element or in a quoted attribute. */
export function escapeHtml(text: string): string {
  return /[&<>"']/.test(text)
    ? text.replace(/[&<>"']/g, (character) => entities[character] ?? character)
    : text;
}

/** Plain text as HTML that looks the same: escaped, line ends as `<br>`, indentation and columns kept. */
export function textToHtml(text: string): string {
  const escaped = escapeHtml(text);
  // A search for two equal characters as a text takes three times as long.
  const spaced = / {2}/.test(escaped) ? escaped.replaceAll('  ', ' &nbsp;') : escaped;
  return spaced.includes('\n') ? spaced.replaceAll('\n', '<br>') : spaced;
}
