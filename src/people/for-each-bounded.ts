/** Does `work` for each item, at most `atOnceMax` at a time; it ends when all have ended, and throws what the first threw. */
export async function forEachBounded<Item>(
  items: readonly Item[],
  atOnceMax: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const rest = items.values();
  const one = async (): Promise<void> => {
    for (const item of rest) await work(item);
  };
  const ends = await Promise.allSettled(Array.from({ length: atOnceMax }, one));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}
