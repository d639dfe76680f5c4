/**
 * What must be there: every change that was acknowledged, and for each call that was under way when the daemon died the
 * question whether it happened. A call happened wholly or not at all, so one look answers it, and after that everything
 * has to be exactly as it says here.
 */
import type { Info, Kind } from '../../src/index.js';

/** A snapshot that must be there. */
export interface Entry {
  readonly kind: Kind;
  readonly parent: string;
  readonly labels: ReadonlyMap<string, string>;
  /** The files that were written into it: contents by name. */
  readonly files: ReadonlyMap<string, string>;
  /** What its parents show. */
  readonly below: ReadonlyMap<string, string>;
  /** The name of its files on disk; undefined until it is known, or when it has none of its own. */
  readonly id: string | undefined;
}

/** What a snapshot shows: its own files, over those of its parents. */
export function shownBy({ files, below }: Pick<Entry, 'files' | 'below'>): ReadonlyMap<string, string> {
  return new Map([...below, ...files]);
}

/** What a call changes: names that go, and names that come or are replaced. */
export interface Change {
  readonly gone?: string;
  readonly here?: readonly [name: string, entry: Entry];
}

/** A call that may have happened. */
export interface Pending {
  readonly what: string;
  readonly change: Change;
  /** Whether it did, as the snapshots show that were found afterwards. */
  readonly happened: (found: ReadonlyMap<string, Info>) => boolean;
}

/** See the head of this file. */
export class Ledger {
  readonly #entries = new Map<string, Entry>();
  readonly #pending = new Set<Pending>();
  /** Ids whose files were seen, and that must never be given out again, with the name that had each last. */
  readonly #ids = new Map<string, string>();

  /** What must be there. */
  get entries(): ReadonlyMap<string, Entry> {
    return this.#entries;
  }

  /** Notes that a call is under way. */
  begin(pending: Pending): void {
    this.#pending.add(pending);
  }

  /** The call failed, and therefore has not happened. */
  failed(pending: Pending): void {
    this.#pending.delete(pending);
  }

  /** The call was acknowledged, perhaps with something to add to what it made. */
  acknowledged(pending: Pending, change: Change = pending.change): void {
    this.#pending.delete(pending);
    this.apply(change);
  }

  /** Settles what was under way by what is there now. @returns how many of the calls had happened. */
  settle(found: ReadonlyMap<string, Info>): number {
    const happened = [...this.#pending].filter((pending) => pending.happened(found));
    this.#pending.clear();
    for (const { change } of happened) this.apply(change);
    return happened.length;
  }

  /** Makes a change. */
  apply({ gone, here }: Change): void {
    if (gone !== undefined) this.#entries.delete(gone);
    if (here === undefined) return;
    const [name, entry] = here;
    this.#entries.set(name, entry);
  }

  /** Notes a file that was written into a snapshot. */
  wrote(name: string, file: string, content: string): void {
    const entry = this.#entries.get(name);
    if (entry === undefined) throw new Error(`there is no ${name} to write into`);
    this.#entries.set(name, { ...entry, files: new Map(entry.files).set(file, content) });
  }

  /** Notes the id of a snapshot. @throws Error when it was given out before. */
  located(name: string, id: string): void {
    const entry = this.#entries.get(name);
    if (entry === undefined || entry.id === id) return;
    if (entry.id !== undefined) throw new Error(`${name} had the id ${entry.id} and now has ${id}`);
    const before = this.#ids.get(id);
    if (before !== undefined) throw new Error(`${name} was given the id ${id}, which ${before} had`);
    this.#ids.set(id, name);
    this.#entries.set(name, { ...entry, id });
  }

  /** Notes an id whose snapshot was never recorded. */
  lost(id: string): void {
    if (!this.#ids.has(id)) this.#ids.set(id, 'a snapshot that was never recorded');
  }
}
