/** `DOMStringList` (HTML §2.6.4): an array with `item`. */
export class NameList extends Array<string> {
  /** The names in ascending order. */
  static sorted(names: Iterable<string>): NameList {
    const list = new NameList();
    for (const name of [...names].sort()) list.push(name);
    return list;
  }

  item(at: number): string | null {
    return this[at] ?? null;
  }
}
