/**
 * Maps items, several at a time, and keeps their order.
 * @param limit How many are under way at once.
 * @throws the first failure; items that were not begun by then are not.
 */
export async function mapConcurrent<Item, Result>(
  items: readonly Item[],
  map: (item: Item) => Promise<Result>,
  { limit }: { readonly limit: number },
): Promise<Result[]> {
  const results: Result[] = new Array(items.length);
  const queue = items.entries();
  const work = async (): Promise<void> => {
    try {
      for (const [index, item] of queue) results[index] = await map(item);
    } finally {
      // An iterator that has returned gives nothing to the other workers either.
      queue.return?.();
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, work));
  return results;
}
