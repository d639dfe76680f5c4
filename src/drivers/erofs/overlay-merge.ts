/**
 * Directory trees laid over each other as overlay does it (Documentation/filesystems/overlayfs.rst of Linux): whiteouts
 * hide what is below, directories of one name become one unless the upper one is opaque, and everything else is that of
 * the topmost layer which has it.
 */
import { DataLossError, NotImplementedError } from '../../errors/index.js';
import { FILE_TYPE, TRUSTED } from './format.js';
import type { Attribute, ImageReader, Inode } from './image-reader.js';

/** A file of the merged tree. One that has several names is one of these in several directories. */
export interface MergedFile {
  /** The layer that it is of, counted from the lowest. */
  readonly layer: number;
  readonly inode: Inode;
  /** Without those in which overlay keeps its own notes. */
  readonly attributes: readonly Attribute[];
  /** The content of a symbolic link; nothing of others. */
  readonly target: Buffer | undefined;
  /** Of a directory: what is in it, by name, one character for each byte. */
  readonly entries: Map<string, MergedFile> | undefined;
  /** In how many directories it stands. */
  names: number;
}

/** An inode and the layer that it is of. */
interface Place {
  readonly layer: number;
  readonly inode: Inode;
}

/** What is found of one name, from the top down. */
interface Found {
  /** One thing, or directories that become one, topmost first; nothing when it is hidden. */
  readonly stack: Place[];
  /** Whether what further layers have under this name is hidden. */
  closed: boolean;
}

/** Overlay's notes are attributes with the prefix `trusted.`, and this before their names. */
const NOTE = 'overlay.';
const OPAQUE = 'overlay.opaque';

/** Notes without a meaning for whoever reads the layer: where something was copied from, and that a directory has such. */
const harmless = new Set([
  OPAQUE,
  'overlay.origin',
  'overlay.impure',
  'overlay.nlink',
  'overlay.uuid',
  'overlay.upper',
]);

/** Deeper than any path can be: half of PATH_MAX. */
const DEEPEST = 2048;

/**
 * Merges the trees of layers. Takes some microseconds for each name of each layer, and some hundred bytes for each name
 * of the result.
 * @param layers The lowest first.
 * @throws NotImplementedError for layers in which overlay says that files or directories lie elsewhere.
 * @throws DataLossError for a damaged image.
 */
export function mergeLayers(layers: readonly ImageReader[]): MergedFile {
  return new Merge(layers).root();
}

class Merge {
  readonly #layers: readonly ImageReader[];
  /** Files that may have further names, by layer and number. */
  readonly #linked = new Map<string, MergedFile>();

  constructor(layers: readonly ImageReader[]) {
    this.#layers = layers;
  }

  root(): MergedFile {
    const stack = this.#layers.map((reader, layer) => ({ layer, inode: reader.inode(reader.rootNid) })).reverse();
    const hiddenFrom = stack.findIndex(({ inode }) => isOpaque(inode));
    return this.#directory(hiddenFrom < 0 ? stack : stack.slice(0, hiddenFrom + 1), 0);
  }

  #directory(stack: readonly Place[], depth: number): MergedFile {
    const [top] = stack;
    // Those below the topmost are merged as well, so that one which lies elsewhere would be looked for in the wrong place.
    for (const { inode } of stack) requireInPlace(inode);
    if (top === undefined || depth > DEEPEST) throw new DataLossError('the directories of a layer have no end');
    const entries = new Map<string, MergedFile>();
    for (const [name, found] of this.#namesIn(stack)) {
      const [first] = found.stack;
      if (first === undefined) continue;
      const file = isDirectory(first.inode) ? this.#directory(found.stack, depth + 1) : this.#file(first);
      file.names += 1;
      entries.set(name, file);
    }
    return { ...top, attributes: attributesOf(top.inode), target: undefined, entries, names: 0 };
  }

  #namesIn(stack: readonly Place[]): Map<string, Found> {
    const names = new Map<string, Found>();
    for (const { layer, inode } of stack) {
      const reader = this.#readerOf(layer);
      for (const { name, nid } of reader.entries(inode)) {
        const found = names.get(name);
        if (found?.closed !== true) names.set(name, laidOver(found, { layer, inode: reader.inode(nid) }));
      }
    }
    return names;
  }

  #file(place: Place): MergedFile {
    const { layer, inode } = place;
    const key = `${layer}:${inode.nid}`;
    const known = inode.links > 1 ? this.#linked.get(key) : undefined;
    if (known !== undefined) return known;
    const isLink = (inode.mode & FILE_TYPE.mask) === FILE_TYPE.link;
    requireInPlace(inode);
    const target = isLink ? this.#readerOf(layer).content(inode) : undefined;
    const file = { ...place, attributes: attributesOf(inode), target, entries: undefined, names: 0 };
    if (inode.links > 1) this.#linked.set(key, file);
    return file;
  }

  #readerOf(layer: number): ImageReader {
    const reader = this.#layers[layer];
    if (reader === undefined) throw new RangeError(`there is no layer ${layer}`);
    return reader;
  }
}

/** What a name is when something of a lower layer is added. */
function laidOver(above: Found | undefined, place: Place): Found {
  const { inode } = place;
  const isEnd = !isDirectory(inode) || isOpaque(inode);
  if (above === undefined) return { stack: isWhiteout(inode) ? [] : [place], closed: isEnd };
  // A directory hides what is below and none, and ends with it.
  if (isDirectory(inode)) above.stack.push(place);
  above.closed = isEnd;
  return above;
}

function isDirectory({ mode }: Inode): boolean {
  return (mode & FILE_TYPE.mask) === FILE_TYPE.directory;
}

/** A character device with the number 0. */
function isWhiteout({ mode, union }: Inode): boolean {
  return (mode & FILE_TYPE.mask) === FILE_TYPE.character && union === 0;
}

function isOpaque({ attributes }: Inode): boolean {
  return attributes.some(
    ({ prefix, name, value }) => prefix === TRUSTED && name === OPAQUE && value.toString() === 'y',
  );
}

function isNote({ prefix, name }: Attribute): boolean {
  return prefix === TRUSTED && name.startsWith(NOTE);
}

/** @throws NotImplementedError for what overlay would look for in another place, or under another name. */
function requireInPlace({ attributes }: Inode): void {
  const telling = attributes.find((attribute) => isNote(attribute) && !harmless.has(attribute.name));
  if (telling !== undefined)
    throw new NotImplementedError(`a layer has files with trusted.${telling.name}, which cannot be merged`);
}

function attributesOf({ attributes }: Inode): readonly Attribute[] {
  return attributes.filter((attribute) => !isNote(attribute));
}
