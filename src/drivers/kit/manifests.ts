import { existsSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { systemErrorCode } from '../../errors/index.js';
import { draftOf, isEntryName, writeManifest } from '../../trees/index.js';
import { ensureDirectory } from './directories.js';

const PRIVATE = 0o700;

/** Where the manifest of a layer lies, for a driver whose layers have no directory around them. */
export function manifestPath(root: string, id: string): string {
  return `${root}/manifests/${id}`;
}

/** The manifests of a driver's layers, in a directory of their own. It is made with the first one. */
export class Manifests {
  readonly #root: string;
  readonly #wanted: boolean;
  /** Paths of what is being written. */
  readonly #writing = new Set<string>();

  /** @param wanted Whether commits are to write any. */
  constructor(root: string, wanted: boolean) {
    this.#root = root;
    this.#wanted = wanted;
  }

  /** Whether commits write manifests. */
  get wanted(): boolean {
    return this.#wanted;
  }

  /**
   * Lists what is in a layer, where manifests are wanted; else one that a refused commit left does not outlive what it
   * says. On disk when it resolves. Reads every file of the layer.
   * @throws as `writeManifest`; nothing is left then.
   */
  async write({ id, tree }: { readonly id: string; readonly tree: string }, signal?: AbortSignal): Promise<void> {
    const manifest = manifestPath(this.#root, id);
    if (!this.#wanted) return this.remove([id]);
    ensureDirectory(`${this.#root}/manifests`, PRIVATE);
    const draft = draftOf(manifest);
    this.#writing.add(draft);
    try {
      await writeManifest({ tree, manifest }, signal);
    } finally {
      this.#writing.delete(draft);
    }
  }

  /** Deletes those of these ids; does nothing for what is gone, is being written, or is no name of a file. */
  async remove(ids: readonly string[]): Promise<void> {
    if (!existsSync(`${this.#root}/manifests`)) return;
    for (const id of ids.filter(isEntryName)) {
      const path = manifestPath(this.#root, id);
      if (!this.#writing.has(path)) await rm(path, { force: true });
    }
  }

  /**
   * The ids of manifests whose layers are gone, and the names of those that a killed process left half written.
   * @param hasLayer Whether the layer of an id is there.
   */
  strays(hasLayer: (id: string) => boolean): string[] {
    return this.ids().filter((id) => !hasLayer(id) && !this.#writing.has(manifestPath(this.#root, id)));
  }

  /** The ids that there are manifests of. */
  ids(): string[] {
    try {
      return readdirSync(`${this.#root}/manifests`);
    } catch (error) {
      if (systemErrorCode(error) === 'ENOENT') return [];
      throw error;
    }
  }
}
