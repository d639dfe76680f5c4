import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';

/** A call that changes snapshots. */
export type Operation =
  | { readonly type: 'prepare' | 'view'; readonly key: string; readonly parent: string }
  | { readonly type: 'commit'; readonly key: string; readonly name: string; readonly digest: string }
  | { readonly type: 'label'; readonly name: string; readonly value: string }
  | { readonly type: 'remove'; readonly name: string };

/** What a caller wrote down: what it is about to call, that the call was answered, that it was refused. */
export type Entry =
  | { readonly step: 'will'; readonly operation: Operation }
  | { readonly step: 'did' }
  | { readonly step: 'failed'; readonly error: string };

/**
 * What one caller did, in a file that survives the power cut: every entry is on the disk of the outer system when
 * `write` returns, so that a call that is not in here was never made.
 */
export class Journal implements Disposable {
  readonly #fd: number;

  constructor(file: string) {
    this.#fd = openSync(file, 'w');
  }

  /** Writes an entry down. */
  write(entry: Entry): void {
    writeSync(this.#fd, `${JSON.stringify(entry)}\n`);
    fsyncSync(this.#fd);
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}

/** What is in a journal; a last line that was cut off was never acted upon. */
export function readJournal(file: string): Entry[] {
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as Entry);
}
