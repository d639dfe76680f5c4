import { existsSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { systemErrorCode } from '../errors/index.js';
import { isEntryName, writeManifest } from '../linux/index.js';
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
    await writeManifest({ tree, manifest }, signal);
  }

  /** Deletes those of these ids; does nothing for what is gone, or no name of a file. */
  async remove(ids: readonly string[]): Promise<void> {
    if (!existsSync(`${this.#root}/manifests`)) return;
    for (const id of ids) {
      if (isEntryName(id)) await rm(manifestPath(this.#root, id), { force: true });
    }
  }

  /** The ids of manifests whose layers are gone. @param layerPath Where a layer would be. */
  strays(layerPath: (id: string) => string): string[] {
    return this.ids().filter((id) => !existsSync(layerPath(id)));
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
