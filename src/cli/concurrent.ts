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
  // A generator, unlike the iterator of an array, gives nothing more once a loop over it was left by a failure.
  const queue = (function* entries() {
    yield* items.entries();
  })();
  const work = async (): Promise<void> => {
    for (const [index, item] of queue) results[index] = await map(item);
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, work));
  return results;
}
