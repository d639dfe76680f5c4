/** Work on trees of files: walk, measure, copy, list, remove; off the event loop. */
export { copyFile, copyTree } from './copy/copy.js';
export { flattenLayers } from './copy/flatten.js';
export { namesInDirectory } from './directory-names.js';
export { diskUsage, subvolumeUsage } from './disk-usage.js';
export type { Comparison } from './manifest/compare-manifest.js';
export { compareManifest, writeManifest } from './manifest/manifest.js';
export { draftOf, type ManifestRequest } from './manifest/manifest-file.js';
export { removeTrees } from './remove-trees.js';
export { canShareBlocks } from './shared-extents.js';
export { runInTreePool } from './tree-pool.js';
export type { DirectoryTemplate, ReclaimReport } from './tree-reclaim.js';
export { isEntryName } from './tree-remove.js';
