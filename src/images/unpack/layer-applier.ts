import {
  chmodSync,
  closeSync,
  constants,
  ftruncateSync,
  linkSync,
  mkdirSync,
  openSync,
  symlinkSync,
  writeSync,
} from 'node:fs';
import { fromSystemError, InvalidArgumentError, StrataError, withContext } from '../../errors/index.js';
import { type FileTimes, hasErrno, inUserNamespace, makeNode, setTimes, toBytes } from '../../linux/index.js';
import type { TarEntry, TarHandler } from '../tar/entry.js';
import { DifferenceTree } from './difference-tree.js';
import { applyFileMetadata, applyMetadata, applyOwner, dropAttributes, timesOf } from './entry-metadata.js';
import { cleanSteps, isBelow } from './entry-name.js';
import { LayerTree } from './layer-tree.js';

const WHITEOUT = '.wh.';
const OPAQUE = '.wh..wh..opq';

/** Only its maker may touch an entry until it is whole. */
const PRIVATE_FILE = 0o600;
const PRIVATE_DIRECTORY = 0o700;

const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** The types of files in a mode; stat(2). */
const NODE_TYPES = { character: 0o020000, block: 0o060000, fifo: 0o010000 } as const;

/** The largest numbers of a device; mknod(2). */
const MAX_MAJOR = 0xfff;
const MAX_MINOR = 0xf_ffff;

/** What the system says to a name that no file can have, or that leads through something else than directories. */
const BAD_NAME = ['ENAMETOOLONG', 'EILSEQ', 'ENOTDIR', 'ELOOP'] as const;

/** A file that is being written. */
interface OpenFile {
  readonly fd: number;
  readonly path: string;
  readonly entry: TarEntry;
}

/** What a directory gets at the end. */
interface FinalDirectory extends FileTimes {
  readonly mode: number;
}

/** A hard link whose other name the layer has not brought yet. */
interface PendingLink {
  readonly entry: TarEntry;
  readonly target: string;
}

/** How a layer is applied. */
export interface ApplyOptions {
  /** Where its files go: the absolute path of a directory that nobody else changes. */
  readonly root: string;
  /** Attributes that begin with one of these are left out, as those of overlay itself must be. */
  readonly droppedAttributes: readonly string[];
  /**
   * When the directory is the upper one of an overlay, empty and not mounted: the attribute by which that marks opaque
   * directories. Then the layers below are not looked at.
   */
  readonly opaqueAttribute?: string;
}

/**
 * Applies the entries of a layer's archive to a directory that shows the layers below, as containerd does (pkg/archive/tar.go):
 * whiteouts take away what is below, the last of several entries with one name stands, missing directories are made, names
 * never lead out. Unlike there, hard links may lead to files of lower layers and to later entries, a whiteout never takes
 * away what its own layer brings, and links of lower layers are replaced where entries need directories.
 *
 * Every method throws InvalidArgumentError for what no layer may have, and a Strata error for what the system refuses; both
 * name the entry.
 */
export class LayerApplier implements TarHandler, Disposable {
  readonly #tree: LayerTree;
  readonly #difference: DifferenceTree | undefined;
  readonly #dropped: readonly string[];
  readonly #directories = new Map<string, FinalDirectory>();
  readonly #links = new Map<string, PendingLink>();
  #file: OpenFile | undefined;
  /** Whether a hard link may lead to a file of a lower layer. */
  #needsLower = false;

  constructor({ root, droppedAttributes, opaqueAttribute }: ApplyOptions) {
    this.#difference = opaqueAttribute === undefined ? undefined : new DifferenceTree(root, opaqueAttribute);
    this.#tree = this.#difference ?? new LayerTree(root);
    this.#dropped = droppedAttributes;
  }

  entry(entry: TarEntry): void {
    naming(entry, () => this.#apply(entry));
  }

  #apply(entry: TarEntry): void {
    requirePossible(entry);
    const steps = cleanSteps(entry.name);
    const name = steps.pop();
    // The root is there already; containerd leaves it as it is, too.
    if (name === undefined) return;
    const hidden = hiddenName(entry, name);
    if (name === OPAQUE) this.#hideBelow(steps);
    else if (hidden !== undefined) this.#whiteOut(steps, hidden);
    else this.#create(entry, `${this.#tree.directoryFor(steps)}/${name}`);
  }

  #hideBelow(steps: readonly string[]): void {
    const directory = this.#tree.directoryForWhiteout(steps);
    if (directory !== undefined) this.#tree.hideBelow(directory);
  }

  #whiteOut(steps: readonly string[], name: string): void {
    const directory = this.#tree.directoryForWhiteout(steps);
    if (directory !== undefined) this.#tree.whiteOut(`${directory}/${name}`);
  }

  #create(entry: TarEntry, path: string): void {
    const { type } = entry;
    if (type === 'directory') this.#directory(entry, path);
    else if (type === 'file') this.#openFile(entry, path);
    else if (type === 'link') this.#link(entry, path);
    else if (type === 'symlink') this.#node(entry, path, (at) => symlinkSync(toBytes(entry.linkName), at));
    else if (type === 'fifo') this.#node(entry, path, (at) => makeNode(at, NODE_TYPES.fifo | PRIVATE_FILE, 0));
    else this.#device(entry, NODE_TYPES[type], path);
  }

  #directory(entry: TarEntry, path: string): void {
    const found = this.#tree.stats(path);
    if (found?.isDirectory() === true) {
      if (!this.#tree.isMade(path)) dropAttributes(this.#tree.at(path));
      this.#tree.noteDirectory(path, found);
    } else {
      this.#replace(path, (at) => mkdirSync(at, PRIVATE_DIRECTORY));
      if (found !== undefined) this.#tree.noteReplaced(path);
      this.#tree.noteDirectory(path, undefined);
    }
    applyOwner(this.#tree.at(path), entry, this.#dropped);
    // The rest comes at the end: each entry inside changes the times, and the mode may forbid them.
    this.#directories.set(path, { mode: entry.mode, ...timesOf(entry) });
  }

  #openFile(entry: TarEntry, path: string): void {
    const fd = this.#replace(path, (at) => openSync(at, NEW_FILE, PRIVATE_FILE));
    this.#file = { fd, path, entry };
  }

  #node(entry: TarEntry, path: string, make: (at: Buffer) => void): void {
    this.#replace(path, make);
    applyMetadata(this.#tree.at(path), entry, this.#dropped);
  }

  #device(entry: TarEntry, type: number, path: string): void {
    const { major, minor } = entry;
    if (major < 0 || major > MAX_MAJOR || minor < 0 || minor > MAX_MINOR) {
      throw new InvalidArgumentError(`device ${major}:${minor} does not exist`);
    }
    // As containerd does: nobody may make devices there.
    if (inUserNamespace()) return;
    const device = ((minor & ~0xff) << 12) | (major << 8) | (minor & 0xff);
    this.#node(entry, path, (at) => makeNode(at, type | PRIVATE_FILE, device >>> 0));
  }

  #link(entry: TarEntry, path: string): void {
    const target = this.#linkTarget(entry);
    if (target === path) return;
    if (this.#tree.isMade(target)) this.#makeLink({ entry, target }, path);
    else {
      this.#needsLower = true;
      this.#vacate(path);
      this.#links.set(path, { entry, target });
    }
  }

  #linkTarget({ linkName }: TarEntry): string {
    const steps = cleanSteps(linkName);
    const name = steps.pop();
    if (name === undefined) throw new InvalidArgumentError('is a hard link to the root');
    return `${this.#tree.resolve(steps, 'all')}/${name}`;
  }

  #makeLink({ entry, target }: PendingLink, path: string): void {
    if (this.#tree.stats(target)?.isDirectory() === true)
      throw new InvalidArgumentError('is a hard link to a directory');
    this.#replace(path, (at) => linkSync(this.#tree.at(target), at));
    applyMetadata(this.#tree.at(path), entry, this.#dropped);
  }

  /** Makes something at a path, in the place of whatever is there. */
  #replace<T>(path: string, make: (at: Buffer) => T): T {
    const at = this.#tree.at(path);
    let made: T;
    try {
      made = make(at);
    } catch (error) {
      if (!hasErrno(error, 'EEXIST')) throw error;
      this.#vacate(path);
      made = make(at);
    }
    this.#links.delete(path);
    this.#tree.noteMade(path);
    return made;
  }

  #vacate(path: string): void {
    const directories = this.#tree.vacate(path);
    if (directories.length === 0) return;
    for (const each of directories) this.#directories.delete(each);
    for (const each of this.#links.keys()) if (isBelow(each, path)) this.#links.delete(each);
  }

  content(bytes: Buffer, offset: number): void {
    const file = this.#file;
    if (file === undefined) return;
    naming(file.entry, () => {
      for (let done = 0; done < bytes.length; ) {
        done += writeSync(file.fd, bytes, done, bytes.length - done, offset + done);
      }
    });
  }

  end(): void {
    const file = this.#file;
    if (file === undefined) return;
    naming(file.entry, () => {
      const { fd, path, entry } = file;
      // What is behind the last piece is a hole.
      ftruncateSync(fd, entry.size);
      applyFileMetadata(fd, this.#tree.at(path), entry, this.#dropped);
    });
    this.#close();
  }

  /**
   * Does what had to wait for the last entry.
   * @returns whether the result is complete. It is not when the layers below were not looked at, but should have been: for hard
   * links to their files, and for the attributes of directories that this one does not list.
   */
  finish(): boolean {
    if (this.#difference !== undefined && (this.#needsLower || !this.#difference.standsAlone)) return false;
    this.#finishLinks();
    for (const [path, { mode, ...times }] of this.#directories) {
      chmodSync(this.#tree.at(path), mode);
      setTimes(this.#tree.at(path), times);
    }
    this.#tree.restoreTimes();
    return true;
  }

  /** Links to links may stand in any order: each is made when its other name is there. */
  #finishLinks(): void {
    const waiting = Map.groupBy(this.#links.keys(), (path) => this.#links.get(path)?.target ?? '');
    const ready = [...waiting.keys()].filter((target) => !this.#links.has(target));
    for (let target = ready.pop(); target !== undefined; target = ready.pop()) {
      for (const path of waiting.get(target) ?? []) {
        const link = this.#links.get(path);
        if (link === undefined || this.#isMissing(link)) continue;
        naming(link.entry, () => this.#makeLink(link, path));
        ready.push(path);
      }
    }
    for (const { entry } of this.#links.values()) {
      naming(entry, () => {
        throw new InvalidArgumentError(`is a hard link to ${shown(entry.linkName)}, which does not exist`);
      });
    }
  }

  #isMissing({ entry, target }: PendingLink): boolean {
    return naming(entry, () => this.#tree.stats(target) === undefined);
  }

  #close(): void {
    const file = this.#file;
    this.#file = undefined;
    if (file !== undefined) closeSync(file.fd);
  }

  /** Closes the file that a failure left open. */
  [Symbol.dispose](): void {
    this.#close();
  }
}

/**
 * What a whiteout names: by the prefix of its name, or as the device that overlay itself writes.
 * @throws InvalidArgumentError when that is no name.
 */
function hiddenName({ type, major, minor }: TarEntry, name: string): string | undefined {
  if (type === 'character' && major === 0 && minor === 0) return name;
  if (!name.startsWith(WHITEOUT)) return undefined;
  const hidden = name.slice(WHITEOUT.length);
  if (hidden === '' || hidden === '.' || hidden === '..') throw new InvalidArgumentError('is a whiteout of no name');
  return hidden;
}

/** The largest id; the one above it means none (chown(2)). */
const MAX_ID = 0xffff_fffe;

/** @throws InvalidArgumentError for an owner or a link that Linux does not have. */
function requirePossible({ type, uid, gid, linkName }: TarEntry): void {
  for (const id of [uid, gid]) if (id < 0 || id > MAX_ID) throw new InvalidArgumentError(`is owned by the id ${id}`);
  if (type === 'symlink' && linkName === '') throw new InvalidArgumentError('is a symbolic link to nothing');
}

/** Does something for an entry; what that throws names the entry. */
function naming<T>(entry: TarEntry, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const what = `archive entry ${shown(entry.name)}`;
    if (error instanceof StrataError) throw withContext(error, what);
    if (hasErrno(error, ...BAD_NAME)) throw new InvalidArgumentError(`${what}: ${String(error)}`, { cause: error });
    throw fromSystemError(error, what);
  }
}

/** As much of a name as an error shows. */
const SHOWN_BYTES = 200;

function shown(name: string): string {
  return JSON.stringify(toBytes(name.slice(0, SHOWN_BYTES)).toString());
}
