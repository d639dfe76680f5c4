/**
 * What a disk may hold when the power goes.
 *
 * The model is that of a file system with a journal, ext4 with `data=ordered` or xfs:
 *
 * - Changes of metadata (names, attributes, sizes that are set) reach the disk in their order: what is there is those
 *   up to some moment. An fsync of a file or directory, and a syncfs, wait for all that came before the last change of
 *   theirs; an fdatasync only for the file's making and its size.
 * - Content reaches it page by page in any order, some time after the write or never, unless a sync of the file or of
 *   everything was asked for afterwards and came back. A page that was written several times may have any of its states
 *   since. A file ends behind the last page that is there, and reads as zeros where one before it is missing.
 * - A page that is being written may be torn between sectors.
 */
import { type Event, isMetadata, type Node, type Recording, touched } from './model.js';

export const pageSize = 4096;
export const sectorSize = 512;

/** Which state of a page is on disk. */
export interface PageVersion {
  /** How many of the writes to it. */
  readonly version: number;
  /** Sectors that are of another version, one bit for each. */
  readonly torn?: { readonly version: number; readonly sectors: number };
}

/** What one disk holds after one cut. */
export interface CrashState {
  /** The cut is behind so many events. */
  readonly point: number;
  /** Changes of metadata before this index are on disk. */
  readonly journal: number;
  /** Which version pages have that are not listed: the least that there must be, or the last. */
  readonly others: 'least' | 'last';
  readonly pages: ReadonlyMap<string, PageVersion>;
}

/** A page whose content the cut leaves open. */
export interface OpenPage {
  readonly key: string;
  /** How many of its writes are certain to be on disk. */
  readonly least: number;
  /** How many there were. */
  readonly last: number;
}

/** What there is to know about every cut of a recording. */
export class Disk {
  readonly events: readonly Event[];
  readonly top: Node;
  /** For each write, the first point at which it is certain to be on disk. */
  readonly #settledAt: number[];
  /** For each point, how much of the journal is certain to be on disk. */
  readonly #journal: number[] = [0];
  readonly #contents = new Map<number, number[]>();

  constructor({ events, top }: Recording) {
    this.events = events;
    this.top = top;
    this.#settledAt = events.map(() => Number.POSITIVE_INFINITY);
    for (const [index, event] of events.entries()) {
      let journal = this.#journal[index] ?? 0;
      if (event.type === 'write' || event.type === 'size') this.#contentsOf(event.node).push(index);
      if (event.type === 'sync') {
        this.#settle(index);
        journal = Math.max(journal, this.#journalOf(index));
      }
      this.#journal.push(journal);
    }
  }

  /** How much of the journal is certain to be on disk after a cut at a point. */
  leastJournal(point: number): number {
    return this.#journal[point] ?? 0;
  }

  /** The pages that a cut at a point leaves open. */
  openPages(point: number): OpenPage[] {
    return [...this.#contents.values()].flatMap((indices) =>
      runsOf(this.events, before(indices, point)).flatMap(({ writes }, run) =>
        [...this.#pagesOf(writes, run, point).values()].filter(({ least, last }) => least < last),
      ),
    );
  }

  /** The content of a file after a cut. */
  contentOf(node: Node, state: CrashState): Buffer {
    const content = new Content();
    for (const [run, { size, writes }] of runsOf(this.events, before(this.#contentsOf(node), state.point)).entries()) {
      if (size !== undefined) {
        const event = this.events[size];
        // What came after a change of size that is not on disk has no place there.
        if (size >= state.journal || event?.type !== 'size') break;
        content.resize(event.size);
      }
      for (const [page, open] of this.#pagesOf(writes, run, state.point)) {
        const chosen = state.pages.get(open.key) ?? { version: state.others === 'least' ? open.least : open.last };
        content.apply(page, this.#parts(page, open.writes), chosen);
      }
    }
    return content.bytes();
  }

  #contentsOf({ id }: Node): number[] {
    const known = this.#contents.get(id);
    if (known !== undefined) return known;
    const indices: number[] = [];
    this.#contents.set(id, indices);
    return indices;
  }

  /** Notes that a sync has come back. */
  #settle(index: number): void {
    const sync = this.events[index];
    if (sync?.type !== 'sync') return;
    const { node, covers, write } = sync;
    const from = write ?? 0;
    for (let each = from; each < covers; each++) {
      const event = this.events[each];
      if (event?.type !== 'write' || (node !== undefined && event.node !== node)) continue;
      this.#settledAt[each] = Math.min(this.#settledAt[each] ?? index, index + 1);
    }
  }

  /** How much of the journal a sync has waited for. */
  #journalOf(index: number): number {
    const sync = this.events[index];
    if (sync?.type !== 'sync') return 0;
    const { node, covers, dataOnly } = sync;
    for (let each = covers - 1; each >= 0; each--) {
      const event = this.events[each];
      if (event === undefined || !isMetadata(event)) continue;
      if (node === undefined) return each + 1;
      if (touched(event).includes(node) && (!dataOnly || event.type === 'make' || event.type === 'size'))
        return each + 1;
    }
    return 0;
  }

  #pagesOf(writes: readonly number[], run: number, point: number): Map<number, OpenPage & { writes: number[] }> {
    const pages = new Map<number, OpenPage & { writes: number[] }>();
    for (const index of writes) {
      const event = this.events[index];
      if (event?.type !== 'write') continue;
      const end = event.offset + event.data.length;
      for (let page = Math.floor(event.offset / pageSize); page * pageSize < end; page++) {
        const { least = 0, last = 0, writes: all = [] } = pages.get(page) ?? {};
        const settled = (this.#settledAt[index] ?? 0) <= point;
        const key = `${event.node.id}/${run}/${page}`;
        pages.set(page, { key, least: settled ? last + 1 : least, last: last + 1, writes: [...all, index] });
      }
    }
    return pages;
  }

  #parts(page: number, writes: readonly number[]): Part[] {
    return writes.flatMap((index) => {
      const event = this.events[index];
      if (event?.type !== 'write') return [];
      const start = Math.max(event.offset, page * pageSize);
      const end = Math.min(event.offset + event.data.length, (page + 1) * pageSize);
      return [{ at: start - page * pageSize, data: event.data.subarray(start - event.offset, end - event.offset) }];
    });
  }
}

/** The writes between two changes of size. */
interface Run {
  /** The change of size before them. */
  readonly size: number | undefined;
  readonly writes: number[];
}

function runsOf(events: readonly Event[], indices: readonly number[]): Run[] {
  const runs: Run[] = [{ size: undefined, writes: [] }];
  for (const index of indices) {
    if (events[index]?.type === 'size') runs.push({ size: index, writes: [] });
    else runs.at(-1)?.writes.push(index);
  }
  return runs;
}

function before(indices: readonly number[], point: number): readonly number[] {
  return indices.filter((index) => index < point);
}

/** A part of a page that is written. */
interface Part {
  readonly at: number;
  readonly data: Buffer;
}

/** The content of a file while it is put together. */
class Content {
  readonly #pages = new Map<number, Buffer>();
  #size = 0;

  resize(size: number): void {
    for (const [page, bytes] of this.#pages) {
      if (page * pageSize >= size) this.#pages.delete(page);
      else bytes.fill(0, Math.max(0, size - page * pageSize));
    }
    this.#size = size;
  }

  apply(page: number, parts: readonly Part[], { version, torn }: PageVersion): void {
    const bytes = this.#pages.get(page) ?? Buffer.alloc(pageSize);
    const other = torn === undefined ? undefined : this.#patched(page, bytes, parts.slice(0, torn.version));
    const result = this.#patched(page, bytes, parts.slice(0, version));
    for (let sector = 0; other !== undefined && sector * sectorSize < pageSize; sector++) {
      if (((torn?.sectors ?? 0) & (1 << sector)) === 0) continue;
      other.copy(result, sector * sectorSize, sector * sectorSize, (sector + 1) * sectorSize);
    }
    if (version > 0 || torn !== undefined) this.#pages.set(page, result);
  }

  bytes(): Buffer {
    const bytes = Buffer.alloc(this.#size);
    for (const [page, part] of this.#pages) part.copy(bytes, page * pageSize);
    return bytes;
  }

  #patched(page: number, bytes: Buffer, parts: readonly Part[]): Buffer {
    const patched = Buffer.from(bytes);
    for (const { at, data } of parts) {
      data.copy(patched, at);
      this.#size = Math.max(this.#size, page * pageSize + at + data.length);
    }
    return patched;
  }
}
