/** Work on trees of files: walk, measure, copy, list, remove; off the event loop. */
export { treeChanges } from './changes/changes.js';
export type { EntryType, TreeChange, TreeComparison } from './changes/compare-trees.js';
export { copyFile, copyTree, copyTreeInto } from './copy/copy.js';

export { flattenLayers } from './copy/flatten.js';
export { namesInDirectory } from './directory-names.js';
export type { DirectoryTemplate } from './directory-template.js';
export { diskUsage, subvolumeUsage } from './disk-usage.js';
export type { Comparison } from './file-list/compare-list.js';
export { compareFileList, writeFileList } from './file-list/file-list.js';
export { draftOf, type FileListRequest } from './file-list/list-file.js';
export { removeTrees } from './remove-trees.js';
export { canShareBlocks, triesSharingBlocks } from './shared-extents.js';
export { runInTreePool } from './tree-pool.js';
export { isEntryName } from './tree-remove.js';
