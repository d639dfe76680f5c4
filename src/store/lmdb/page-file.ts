import { closeSync, openSync, readSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { throwIfAborted } from '../../errors/index.js';
import { metaPage, pageHeader } from './page-format.js';

/** Said of a file that is not certain to be whole; never leaves this folder. */
export class Unsound extends Error {}

/** Throws {@link Unsound} unless something holds. */
export function must(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new Unsound(otherwise);
}

/** How many bytes are read ahead at a time. */
const aheadBytes = 4 * 1024 * 1024;

/** Has the kernel read a file from its beginning to its end, so that its pages can be had in any order at once. */
export async function readAhead(path: string, signal: AbortSignal | undefined): Promise<void> {
  const file = await open(path, 'r');
  try {
    const buffer = Buffer.allocUnsafe(aheadBytes);
    while ((await file.read(buffer, 0, aheadBytes)).bytesRead > 0) throwIfAborted(signal);
  } finally {
    await file.close();
  }
}

/** The newest state that a data file holds, and its pages, each of which may have one use only. */
export class PageFile implements Disposable {
  readonly #fd: number;
  readonly #page: Buffer;
  readonly #used: Uint8Array;
  /** The meta page that counts. */
  readonly meta: Buffer;
  readonly pageSize: number;
  readonly lastPage: number;
  readonly transaction: bigint;

  /** @throws a system error; {@link Unsound} when a meta page is short. */
  constructor(path: string, pageSize: number) {
    this.#fd = openSync(path, 'r');
    try {
      this.pageSize = pageSize;
      this.#page = Buffer.alloc(pageSize);
      const [first, second] = [Buffer.from(this.#read(0)), Buffer.from(this.#read(1))];
      const [old, young] = [first, second].map((meta) => meta.readBigUInt64LE(metaPage.transaction));
      this.meta = (old ?? 0n) > (young ?? 0n) ? first : second;
      this.transaction = this.meta.readBigUInt64LE(metaPage.transaction);
      this.lastPage = Number(this.meta.readBigUInt64LE(metaPage.lastPage));
      this.#used = new Uint8Array(this.lastPage + 1);
      this.claim(0, 2);
    } catch (error) {
      closeSync(this.#fd);
      throw error;
    }
  }

  /** Notes that pages are in use. @throws Unsound when one is already, or lies behind the end. */
  claim(first: number, count: number): void {
    must(count > 0 && first >= 0 && first + count <= this.#used.length, 'pages behind the end');
    for (let number = first; number < first + count; number++) {
      must(this.#used[number] === 0, 'a page with two uses');
      this.#used[number] = 1;
    }
  }

  /**
   * A page of the newest state, valid until the next one.
   * @throws Unsound when it is not that page, or belongs to a later state.
   */
  page(number: number): Buffer {
    const page = this.#read(number);
    must(page.readBigUInt64LE(pageHeader.number) === BigInt(number), 'another page');
    must(page.readBigUInt64LE(pageHeader.transaction) <= this.transaction, 'a page of a later state');
    return page;
  }

  /** Bytes from any place. @throws Unsound when the file ends before. */
  bytes(position: number, length: number): Buffer {
    const bytes = Buffer.alloc(length);
    must(readSync(this.#fd, bytes, 0, length, position) === length, 'the file ends early');
    return bytes;
  }

  #read(number: number): Buffer {
    const count = readSync(this.#fd, this.#page, 0, this.pageSize, number * this.pageSize);
    must(count === this.pageSize, 'the file ends early');
    return this.#page;
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}
