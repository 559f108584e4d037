/** Names in files and words of servers could steer a terminal. */
export function printableLine(text: string): string {
  return text.replace(/\p{Cc}/gu, ' ');
}
