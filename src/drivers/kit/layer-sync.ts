import { closeSync, constants, type Dir, fsync, futimesSync, opendirSync, openSync } from 'node:fs';
import { promisify } from 'node:util';
import { throwIfAborted } from '../../errors/index.js';
import { GroupSync, liesInOneJournal } from '../../linux/index.js';
import { runInTreePool } from '../../trees/index.js';

/** A layer to put on disk, and what it is known to take. */
export interface LayerFiles {
  /** The directory of its files. */
  readonly path: string;
  /** Directories above it whose entries have to be on disk as well, the nearest first. */
  readonly parents: readonly string[];
  readonly inodes: number;
}

/** What layers are synchronised with; the defaults are this machine's. */
export interface LayerSyncFacts {
  /** Whether one fsync puts all earlier changes of names, owners and attributes on disk. */
  readonly hasOneJournal: boolean;
  /** Synchronises the whole file system. */
  readonly whole: Pick<GroupSync, 'sync'>;
  /** Puts all earlier changes of names, owners and attributes on disk, where there is one journal for them. */
  readonly journal: Pick<GroupSync, 'sync'>;
}

const synchronise = promisify(fsync);

/**
 * Layers are synchronised file by file while those under way have at most so many inodes together. Each fsync commits the
 * journal of the file system, so that more of them take longer than one synchronisation of everything
 * (docs/decisions/0018-what-does-not-pay-goes.md has the figures).
 */
export const smallLayer = 2;

/**
 * Puts layers on disk. A small one is synchronised file by file, and does not wait for what others have written. For a larger
 * one, or many at a time, the whole file system is synchronised, once for all that ask at the same time. A layer without
 * files has only names and attributes: where one journal has those, committing it is enough.
 */
export class LayerSync {
  readonly #facts: LayerSyncFacts;
  /** Inodes of the layers that are being walked. */
  #walking = 0;

  /** @param directory Any directory of the file system of the layers. */
  constructor(directory: string, facts: Partial<LayerSyncFacts> = {}) {
    const { hasOneJournal = liesInOneJournal(directory) } = facts;
    const { whole = new GroupSync(directory), journal = new GroupSync(directory, commitJournal) } = facts;
    this.#facts = { hasOneJournal, whole, journal };
  }

  /**
   * Resolves when the layer is on disk, with its names, owners and attributes.
   * @throws a system error, `EIO` for instance, when it could not be written.
   * @throws CanceledError, DeadlineExceededError when the signal is aborted.
   */
  async sync(layer: LayerFiles, signal?: AbortSignal): Promise<void> {
    throwIfAborted(signal);
    const { hasOneJournal, journal, whole } = this.#facts;
    if (layer.inodes <= 1 && hasOneJournal) return journal.sync();
    if (this.#walking + layer.inodes <= smallLayer && (await this.#walk(layer, signal))) return;
    await whole.sync();
  }

  /**
   * Begins before it is known what a layer takes, where a look at its directory shows that the whole file system will be
   * synchronised: a commit need not wait for the walk first. For 1,800 files that was a quarter to a half of it.
   * @returns undefined where it has to be known.
   */
  early(path: string): Promise<void> | undefined {
    return isLarger(path) ? this.#facts.whole.sync() : undefined;
  }

  /** False for what cannot be synchronised file by file. */
  async #walk({ path, parents, inodes }: LayerFiles, signal: AbortSignal | undefined): Promise<boolean> {
    this.#walking += inodes;
    try {
      return await runInTreePool('sync', { path, parents, filesOnly: !this.#facts.hasOneJournal }, { signal });
    } finally {
      this.#walking -= inodes;
    }
  }
}

/** Whether a directory shows by itself that its layer is no small one; looks at no more of it than that takes. */
function isLarger(path: string): boolean {
  let directory: Dir;
  try {
    directory = opendirSync(path);
  } catch {
    // The walk says what is wrong.
    return false;
  }
  try {
    for (let inodes = 2; inodes <= smallLayer + 1; inodes++) if (directory.readSync() === null) return false;
    return true;
  } finally {
    directory.closeSync();
  }
}

/**
 * Commits the journal of a file system that has one. An fsync of something unchanged does nothing, so this changes
 * something first.
 */
async function commitJournal(directory: string): Promise<void> {
  const fd = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    const now = new Date();
    futimesSync(fd, now, now);
    await synchronise(fd);
  } finally {
    closeSync(fd);
  }
}
