import { mkdtemp, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mountAll, unmountMounts } from './mount.js';
import type { MountSpec } from './mount-options.js';
import { isVolatile } from './volatile-mark.js';

/** How the directories begin that are mounted at. */
export const temporaryMountPrefix = 'strata-mount-';

/** Mounts at a directory of their own; unmounted, and the directory removed, when disposed. */
export interface TemporaryMount extends AsyncDisposable {
  /** The directory that they are mounted at. */
  readonly path: string;
}

/** Files are needed after a temporary mount, so it does not skip their synchronisation. */
function withoutVolatile(spec: MountSpec): MountSpec {
  return { ...spec, options: spec.options.filter((option) => !isVolatile(option)) };
}

/**
 * Mounts a list at a new directory. Disposing unmounts it and removes the directory, but nothing inside: when the
 * unmounting fails no data is lost.
 * @param options `directory`: where to make the directory; default `XDG_RUNTIME_DIR`, else that for temporary files.
 * Throws as `mountAll`, and then leaves nothing.
 */
export async function temporaryMount(
  mounts: readonly MountSpec[],
  options: { readonly directory?: string; readonly signal?: AbortSignal | undefined } = {},
): Promise<TemporaryMount> {
  const { directory = process.env['XDG_RUNTIME_DIR'] || tmpdir(), signal } = options;
  const path = await mkdtemp(join(directory, temporaryMountPrefix));
  const specs = mounts.map(withoutVolatile);
  try {
    await mountAll(specs, path, { signal });
  } catch (error) {
    await rmdir(path);
    throw error;
  }
  return {
    path,
    async [Symbol.asyncDispose]() {
      await unmountMounts(specs, path);
      await rmdir(path);
    },
  };
}
