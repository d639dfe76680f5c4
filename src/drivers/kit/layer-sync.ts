import { closeSync, constants, fsync, futimesSync, openSync, readFileSync } from 'node:fs';
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
  /** Bytes. */
  readonly size: number;
}

/** What the choice depends on; the defaults ask this machine. */
export interface LayerSyncFacts {
  /** Bytes that wait to be written, to whatever disk. */
  waitingBytes(): number;
  /** Whether one fsync puts all earlier changes of names, owners and attributes on disk, whosoever they are. */
  readonly hasOneJournal: boolean;
  /** Synchronises the whole file system. */
  readonly whole: Pick<GroupSync, 'sync'>;
  /** Puts all earlier changes of names, owners and attributes on disk, where there is one journal for them. */
  readonly journal: Pick<GroupSync, 'sync'>;
}

const synchronise = promisify(fsync);

const MIB = 2 ** 20;

/**
 * Files that are synchronised one by one in the time that it takes to write a MiB. Measured on one disk: 0.08 ms for a file,
 * and for a MiB 0.28 ms on one day and 0.5 on another (docs/durability.md). The lower, since a walk takes a thread as well.
 */
const FILES_PER_MIB = 3;

/** What a walk costs by itself, in files: the way to its thread, and the directories above the layer. */
const FILES_FOR_WALKING = 8;

/** Beyond this many a walk takes tenths of a second, whatever else there is to write. */
const MOST_FILES = 4096;

/**
 * Puts layers on disk at the least cost: file by file, or the whole file system at once.
 *
 * At once is the faster way by far, but for what others have written to the same file system and what is written with
 * it. So a layer is walked when it has fewer files than those others have data waiting. One without files has nothing but
 * names and attributes: where there is one journal for those, that is all that has to be on disk.
 */
export class LayerSync {
  readonly #facts: LayerSyncFacts;
  /** Files of the layers that are being walked. */
  #walking = 0;

  /** @param directory Any directory of the file system of the layers. */
  constructor(directory: string, facts: Partial<LayerSyncFacts> = {}) {
    const { waitingBytes = waitingBytesOfMachine, hasOneJournal = liesInOneJournal(directory) } = facts;
    const { whole = new GroupSync(directory), journal = new GroupSync(directory, commitJournal) } = facts;
    this.#facts = { waitingBytes, hasOneJournal, whole, journal };
  }

  /**
   * Resolves when the layer is on disk, with its names, owners and attributes.
   * @throws a system error, `EIO` for instance, when it could not be written.
   * @throws CanceledError, DeadlineExceededError when the signal is aborted.
   */
  async sync(layer: LayerFiles, signal?: AbortSignal): Promise<void> {
    throwIfAborted(signal);
    if (layer.inodes <= 1 && this.#facts.hasOneJournal) return this.names();
    if (this.#isWorthWalking(layer) && (await this.#walk(layer, signal))) return;
    await this.#facts.whole.sync();
  }

  /**
   * Resolves when all names, owners and attributes on the file system that were changed before the call are on disk.
   * @throws as {@link sync}.
   */
  names(): Promise<void> {
    return this.#facts.hasOneJournal ? this.#facts.journal.sync() : this.#facts.whole.sync();
  }

  /** Layers that come at the same time would share one synchronisation of everything, so they are counted together. */
  #isWorthWalking({ inodes, size }: LayerFiles): boolean {
    const files = this.#walking + inodes;
    if (files > MOST_FILES) return false;
    return files + FILES_FOR_WALKING < ((this.#facts.waitingBytes() - size) / MIB) * FILES_PER_MIB;
  }

  async #walk({ path: top, parents, inodes }: LayerFiles, signal: AbortSignal | undefined): Promise<boolean> {
    this.#walking += inodes;
    try {
      return await runInTreePool('sync', { path: top, parents, filesOnly: !this.#facts.hasOneJournal }, signal);
    } finally {
      this.#walking -= inodes;
    }
  }
}

/**
 * Commits the journal of a file system that has one. An fsync of what has not changed since the last one does nothing, so
 * something is changed before.
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

/** How long what was read is taken for true, in milliseconds: reading it costs a twentieth of a small commit. */
const FRESH = 50;

let known = { bytes: 0, until: 0 };

function waitingBytesOfMachine(): number {
  const now = performance.now();
  if (now > known.until) known = { bytes: readWaitingBytes(), until: now + FRESH };
  return known.bytes;
}

/** What the page cache has to write: the sum for all disks, since Linux tells it for one of them in debugfs only. */
function readWaitingBytes(): number {
  const text = readFileSync('/proc/meminfo', 'utf8');
  const kibibytes = ['Dirty', 'Writeback'].map((name) =>
    Number(new RegExp(`^${name}: *(\\d+) kB`, 'm').exec(text)?.[1]),
  );
  return kibibytes.reduce((sum, each) => sum + (Number.isFinite(each) ? each : 0), 0) * 1024;
}
