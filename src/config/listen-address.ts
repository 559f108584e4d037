/** A listener's address in its normal form: `host:port` (`[::1]:8480` for IPv6) or `unix:PATH`. */
export type ListenAddress = string;

const hostAndPort = /^(\[[0-9A-Fa-f:.%]+\]|[0-9A-Za-z][0-9A-Za-z.-]*):(\d{1,5})$/;

/** Whether `text` is `host:port` with a port of at most 65535, or `unix:` and a path. */
export function isListenAddress(text: string): boolean {
  if (text.startsWith('unix:')) return text.length > 'unix:'.length;
  const match = hostAndPort.exec(text);
  return match !== null && Number(match[2]) <= 65_535;
}
