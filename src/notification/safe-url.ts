/** Client-Server API §11.2.1.1: the schemes a link in a message may have. */
const linkScheme = /^(?:https?:\/\/|ftp:\/\/|mailto:|magnet:)[^\s\p{Cc}<>"`\\]+$/iu;
/** Longer addresses are refused by common browsers and proxies, and would eat the event's size. */
const urlLengthMax = 4096;

/** The URL if a message may link to it (http, https, ftp, mailto, magnet; no white space), else undefined. */
export function safeUrl(url: string): string | undefined {
  const trimmed = url.trim();
  return trimmed.length <= urlLengthMax && trimmed.isWellFormed() && linkScheme.test(trimmed)
    ? trimmed
    : undefined;
}
