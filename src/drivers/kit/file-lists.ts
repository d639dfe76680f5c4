import { readdir, unlink } from 'node:fs/promises';
import { fromSystemError, systemErrorCode } from '../../errors/index.js';
import { draftOf, isEntryName, writeFileList } from '../../trees/index.js';
import { ensureDirectory, PRIVATE } from './directories.js';

/** Where the file list of a layer lies, for a driver whose layers have no directory around them. */
export function fileListPath(root: string, id: string): string {
  return `${root}/file-lists/${id}`;
}

/** How a driver keeps file lists. */
export interface FileListsOptions {
  /** Whether commits write any. */
  readonly wanted: boolean;
  /** Where that of a layer lies. */
  pathOf(id: string): string;
  /** The directory that has all of them and nothing else, made with the first; absent where each lies with its layer. */
  readonly directory?: string;
}

/** The file lists of a driver's layers: what was in each when it was committed. */
export class FileLists {
  readonly #options: FileListsOptions;
  /** Paths of what is being written. */
  readonly #writing = new Set<string>();

  constructor(options: FileListsOptions) {
    this.#options = options;
  }

  /** Those in a directory of their own below a root. */
  static below(root: string, wanted: boolean): FileLists {
    return new FileLists({ wanted, pathOf: (id) => fileListPath(root, id), directory: `${root}/file-lists` });
  }

  /** Whether commits write file lists. */
  get wanted(): boolean {
    return this.#options.wanted;
  }

  /**
   * Writes the list of what is in a layer, if lists are wanted; otherwise deletes one that a refused commit left. On disk when
   * it resolves. Reads every file of the layer.
   * @throws as `writeFileList`; nothing is left then.
   */
  async write({ id, tree }: { readonly id: string; readonly tree: string }, signal?: AbortSignal): Promise<void> {
    if (!this.wanted) return this.remove([id]);
    const fileList = this.#options.pathOf(id);
    const { directory } = this.#options;
    if (directory !== undefined) ensureDirectory(directory, PRIVATE);
    const draft = draftOf(fileList);
    this.#writing.add(draft);
    try {
      await writeFileList({ tree, fileList }, signal);
    } finally {
      this.#writing.delete(draft);
    }
  }

  /** Deletes those of these ids; does nothing for what is gone, is being written, or is no name of a file. */
  async remove(ids: readonly string[]): Promise<void> {
    for (const id of ids.filter(isEntryName)) {
      const path = this.#options.pathOf(id);
      if (!this.#writing.has(path)) await unlinkIfThere(path);
    }
  }

  /** Deletes half a list that an earlier process left of a layer, unless one is being written right now. */
  async removeDraft(id: string): Promise<void> {
    const draft = draftOf(this.#options.pathOf(id));
    if (!this.#writing.has(draft)) await unlinkIfThere(draft);
  }

  /**
   * The ids of lists whose layers are gone, and the names of those that a killed process left half written.
   * @param hasLayer Whether the layer of an id is there.
   */
  async strays(hasLayer: (id: string) => boolean): Promise<string[]> {
    const ids = await this.ids();
    return ids.filter((id) => !hasLayer(id) && !this.#writing.has(this.#options.pathOf(id)));
  }

  /** The ids that there are lists of, in the directory of all of them. */
  async ids(): Promise<string[]> {
    const { directory } = this.#options;
    try {
      return directory === undefined ? [] : await readdir(directory);
    } catch (error) {
      if (systemErrorCode(error) === 'ENOENT') return [];
      throw error;
    }
  }
}

async function unlinkIfThere(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    // Without the directory there is no list either.
    if (systemErrorCode(error) !== 'ENOENT') throw fromSystemError(error, `failed to remove ${path}`);
  }
}
