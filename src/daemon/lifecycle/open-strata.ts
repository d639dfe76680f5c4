import type { EmbeddedOptions, EmbeddedStrata } from './embedded.js';

/**
 * Opens Strata in this process. When this resolves it can be used.
 * @throws FailedPreconditionError when another process has the root, or no snapshotter could start.
 *
 * @example Make a layer and look at how to mount a snapshot over it
 * ```ts
 * await using strata = await openStrata({ root: '/var/tmp/my-snapshots' });
 * const overlayfs = strata.snapshotter();
 * await overlayfs.prepare({ key: 'build' });
 * await overlayfs.commit({ key: 'build', name: 'base' });
 * console.log(await overlayfs.prepare({ key: 'work', parent: 'base' }));
 * ```
 */
export async function openStrata(options: EmbeddedOptions): Promise<EmbeddedStrata> {
  // Loaded on first use: the command line imports this room for its configuration alone.
  const { openEmbedded } = await import('./embedded.js');
  return openEmbedded(options);
}
