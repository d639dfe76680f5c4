/** What the worker threads for trees can be asked to do: the two ends of the conversation share this file. */
import { type MeasuredSubvolume, measureSubvolume } from './btrfs-usage.js';
import { compareTreesNow, type TreeComparison } from './changes/compare-trees.js';
import { type MakeRequest, makeFromTemplate } from './directory-template.js';
import { type Comparison, compareFileListNow } from './file-list/compare-list.js';
import { type FileListRequest, writeFileListNow } from './file-list/list-file.js';
import { sharedBytes } from './shared-extents.js';
import { type DiskUsage, type MeasureRequest, measureTree } from './tree-measure.js';
import { type RemovalReport, type RemovalRequest, removeTreesNow } from './tree-remove.js';
import { syncTreeNow, type TreeSyncRequest } from './tree-sync.js';

/** Each task with what it takes and gives; `undefined` or a report that says so when it is stopped. */
export interface TreeTasks {
  /** `undefined` for a tree that is not small as well. */
  readonly 'measure-small': { readonly input: MeasureRequest; readonly output: DiskUsage | undefined };
  readonly measure: { readonly input: MeasureRequest; readonly output: DiskUsage | undefined };
  readonly sync: { readonly input: TreeSyncRequest; readonly output: boolean };
  readonly 'measure-subvolume': { readonly input: MeasuredSubvolume; readonly output: DiskUsage | undefined };
  readonly remove: { readonly input: RemovalRequest; readonly output: RemovalReport };
  /** The changes as lines of JSON. */
  readonly compare: { readonly input: TreeComparison; readonly output: string | undefined };
  readonly make: { readonly input: MakeRequest; readonly output: number };
  readonly 'write-file-list': { readonly input: FileListRequest; readonly output: boolean };
  readonly 'compare-file-list': { readonly input: FileListRequest; readonly output: Comparison | undefined };
}

/** The name of a task. */
export type TreeTaskName = keyof TreeTasks;

/** A task with its input. */
export type TreeRequest = {
  readonly [K in TreeTaskName]: { readonly name: K; readonly input: TreeTasks[K]['input'] };
}[TreeTaskName];

/** A tree of at most so many entries is small: looking at all of them takes some milliseconds. */
export const smallTree = 1000;

/** Does a task on this thread. @param stop Asked often; true ends it. */
export function runTreeTask(request: TreeRequest, stop: () => boolean): TreeTasks[TreeTaskName]['output'] {
  switch (request.name) {
    case 'measure':
      return measure(request.input, stop);
    case 'measure-small': {
      let entries = 0;
      return measure(request.input, () => ++entries > smallTree || stop());
    }
    case 'sync':
      return syncTreeNow(request.input, stop);
    case 'measure-subvolume':
      return measureSubvolume(request.input, stop);
    case 'remove':
      return removeTreesNow(request.input, stop);
    case 'write-file-list':
      return writeFileListNow(request.input, stop);
    case 'compare-file-list':
      return compareFileListNow(request.input, stop);
    case 'compare':
      return compareTreesNow(request.input, stop)
        ?.map((change) => `${JSON.stringify(change)}\n`)
        .join('');
    case 'make':
      return makeFromTemplate(request.input);
  }
}

function measure({ path, withoutShared }: MeasureRequest, stop: () => boolean): DiskUsage | undefined {
  return measureTree(path, { stop, ...(withoutShared ? { uncounted: sharedBytes } : {}) });
}
