/** A parsed JSON value as text; undefined: it is nested more deeply than can be written, though it could be read. */
export function jsonText(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
