/** For an option that may be repeated: its values add up. */
export function collect(value: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, value];
}
