/** Cuts what pages hold into blocks of `size`; the last is shorter, and there is none when there is nothing. */
export async function* inBlocks<T>(pages: AsyncIterable<readonly T[]>, size: number): AsyncGenerator<readonly T[]> {
  let rest: readonly T[] = [];
  for await (const page of pages) {
    const items = rest.length === 0 ? page : [...rest, ...page];
    let from = 0;
    for (; items.length - from >= size; from += size) yield items.slice(from, from + size);
    rest = items.slice(from);
  }
  if (rest.length > 0) yield rest;
}
