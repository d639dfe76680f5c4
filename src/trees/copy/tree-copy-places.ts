/** Places in a tree and in its copy, however deep. */
import { closeSync } from 'node:fs';
import { openDirectoryBelow, openPlace, pathOfDescriptor, toBytes } from '../../linux/index.js';

/** A path that reaches this length is started again: the kernel takes 4095 bytes, and a name has up to 255. */
const LONG_PATH = 3500;

/** A directory of the source and its copy, open. */
export interface OpenPair {
  readonly source: number;
  readonly target: number;
}

/** A pair that paths start from, kept open until nothing starts from it any more. */
interface Anchor extends OpenPair {
  users: number;
}

/** A file, by its path below an anchor: a binary string, empty for the anchor itself. */
export interface Place {
  readonly anchor: Anchor;
  readonly path: string;
}

/** Keeps what paths start from; closes all of it when disposed. */
export class Places implements Disposable {
  readonly #anchors = new Set<Anchor>();

  /** The tops of both trees, by their open directories, which are closed by this. */
  top(pair: OpenPair): Place {
    const anchor: Anchor = { ...pair, users: 1 };
    this.#anchors.add(anchor);
    return { anchor, path: '' };
  }

  /** Opens a directory: the source for reading, the target only for paths below it. The caller closes both. */
  open({ anchor, path }: Place): OpenPair {
    const source = openDirectoryBelow(anchor.source, path);
    try {
      return { source, target: openPlace(pathBelow(anchor.target, path)) };
    } catch (error) {
      closeSync(source);
      throw error;
    }
  }

  /** Where to start the paths of a directory's entries; to be released. @param pair The directory, open. */
  baseOf(place: Place, pair: OpenPair): Place {
    if (place.path.length < LONG_PATH) return this.#hold(place);
    const source = openPlace(`${pathOfDescriptor(pair.source)}/.`);
    try {
      return this.top({ source, target: openPlace(`${pathOfDescriptor(pair.target)}/.`) });
    } catch (error) {
      closeSync(source);
      throw error;
    }
  }

  /** An entry of a directory; to be released. */
  entryOf({ anchor, path }: Place, name: string): Place {
    return this.#hold({ anchor, path: path === '' ? name : `${path}/${name}` });
  }

  #hold(place: Place): Place {
    place.anchor.users += 1;
    return place;
  }

  /** Says that a place is not needed any more. */
  release({ anchor }: Place): void {
    anchor.users -= 1;
    if (anchor.users === 0) this.#close(anchor);
  }

  #close(anchor: Anchor): void {
    this.#anchors.delete(anchor);
    closeSync(anchor.source);
    closeSync(anchor.target);
  }

  [Symbol.dispose](): void {
    for (const anchor of this.#anchors) this.#close(anchor);
  }
}

/** The path of a copy. */
export function targetOf({ anchor, path }: Place): Buffer {
  return toBytes(pathBelow(anchor.target, path));
}

function pathBelow(fd: number, path: string): string {
  return path === '' ? `${pathOfDescriptor(fd)}/.` : `${pathOfDescriptor(fd)}/${path}`;
}
