import { closeSync, constants, type Dirent, fsyncSync, openSync, readdirSync, utimesSync } from 'node:fs';
import {
  hasErrno,
  PendingDirectories,
  type PendingDirectory,
  startWriting,
  toBinary,
  toBytes,
} from '../linux/index.js';

/** What to put on disk. */
export interface TreeSyncRequest {
  /** The top of the tree. */
  readonly path: string;
  /** Directories above it whose entries have to be on disk as well. */
  readonly parents: readonly string[];
  /** Whether to give up at a symbolic link or a device, which cannot be synchronised by themselves. */
  readonly filesOnly: boolean;
}

/** Nothing but what is there is opened: no link is followed, and no pipe waited for. */
const READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** What a tree loses while it is being walked. */
const VANISHED = ['ENOENT', 'ENOTDIR', 'ESTALE', 'ELOOP'] as const;

/** The tree has something that only a synchronisation of the whole file system puts on disk. */
class CannotSync extends Error {}

class TreeSync {
  readonly #request: TreeSyncRequest;
  readonly #stop: () => boolean;

  constructor(request: TreeSyncRequest, stop: () => boolean) {
    this.#request = request;
    this.#stop = stop;
  }

  /** False when stopped. */
  run(): boolean {
    // The disk gets all of the data to write before anything is waited for.
    if (!this.#walk({ file: startWriting, directory: () => undefined })) return false;
    if (!this.#walk({ file: fsyncSync, directory: fsyncSync })) return false;
    this.#syncParents();
    return true;
  }

  /**
   * An fsync of what has not changed since the last one does nothing, but the owner of a link may have. A change of the
   * nearest parent makes sure that the journal is committed, with everything that is in it by then.
   */
  #syncParents(): void {
    const [nearest] = this.#request.parents;
    const now = new Date();
    if (nearest !== undefined) utimesSync(nearest, now, now);
    for (const parent of this.#request.parents) open(parent, fsyncSync);
  }

  #walk(act: { file(fd: number): void; directory(fd: number): void }): boolean {
    using pending = new PendingDirectories(toBinary(this.#request.path));
    let stopped = false;
    const visit = (directory: PendingDirectory): void => {
      for (const entry of list(directory)) {
        stopped ||= this.#stop();
        if (stopped) return;
        if (entry.isDirectory()) pending.add(directory, entry.name);
        else if (entry.isFile()) open(toBytes(`${directory.path}/${entry.name}`), act.file);
        else if (this.#request.filesOnly) throw new CannotSync();
      }
      open(toBytes(directory.path), act.directory);
    };
    while (!stopped && pending.visit((directory) => ifThere(() => visit(directory))));
    return !stopped;
  }
}

function list({ path }: PendingDirectory): Dirent[] {
  return readdirSync(toBytes(path), { encoding: 'latin1', withFileTypes: true });
}

function ifThere(look: () => void): void {
  try {
    look();
  } catch (error) {
    if (!hasErrno(error, ...VANISHED)) throw error;
  }
}

function open(path: string | Buffer, act: (fd: number) => void): void {
  ifThere(() => {
    const fd = openSync(path, READ);
    try {
      act(fd);
    } finally {
      closeSync(fd);
    }
  });
}

/**
 * Puts a tree on disk, file by file and then directory by directory (fsync(2)). Blocks the calling thread.
 * @returns false when that cannot be done for this tree: it holds something that has to be synchronised but cannot be
 * opened, or the walk was stopped. Some of it may be on disk then.
 * @throws a system error, `EIO` for instance, when something could not be written.
 */
export function syncTreeNow(request: TreeSyncRequest, stop: () => boolean): boolean {
  try {
    return new TreeSync(request, stop).run();
  } catch (error) {
    if (error instanceof CannotSync || hasErrno(error, 'EACCES', 'EPERM')) return false;
    throw error;
  }
}
