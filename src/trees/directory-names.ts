/** The names in a directory of any size, without holding the event loop up. */
import { closeSync, constants, openSync } from 'node:fs';
import { opendir } from 'node:fs/promises';
import { type DirectoryCalls, directoryCalls } from '../linux/index.js';

/** Some two thousand names, which take about a millisecond. */
const PAGE_BYTES = 65_536;

/** As many names as Node reads at once. */
const BATCH = 1024;

/** struct linux_dirent64: offsets of the entry's length and of its name, which ends with NUL (getdents64(2)). */
const DIRENT = { LENGTH: 16, NAME: 19 } as const;

/**
 * The names in a directory, in no order; what is made or deleted meanwhile may be among them or not. Takes half a
 * microsecond for each, in turns of about a millisecond; four times as long where only Node's own functions can be used.
 * @param calls How to look: nothing for Node's own functions.
 * @throws a system error: ENOENT when there is no such directory.
 */
export async function* namesInDirectory(
  path: string,
  calls: () => DirectoryCalls | undefined = directoryCalls,
): AsyncGenerator<string> {
  const native = calls();
  if (native === undefined) {
    for await (const { name } of await opendir(path, { bufferSize: BATCH })) yield name;
    return;
  }
  for await (const page of pages(path, native)) for (const name of page) yield name;
}

async function* pages(path: string, calls: DirectoryCalls): AsyncGenerator<readonly string[]> {
  const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    const listing = Buffer.allocUnsafe(PAGE_BYTES);
    for (;;) {
      const bytes = calls.getdents64(fd, listing, path);
      if (bytes === 0) return;
      yield namesIn(listing, bytes);
      await new Promise((resolve) => setImmediate(resolve));
    }
  } finally {
    closeSync(fd);
  }
}

function namesIn(listing: Buffer, bytes: number): string[] {
  const names: string[] = [];
  for (let at = 0; at < bytes; at += listing.readUInt16LE(at + DIRENT.LENGTH)) {
    const start = at + DIRENT.NAME;
    const name = listing.toString('utf8', start, listing.indexOf(0, start));
    if (name !== '.' && name !== '..') names.push(name);
  }
  return names;
}
