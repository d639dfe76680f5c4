/** What the worker threads for trees can be asked to do: the two ends of the conversation share this file. */

import type { PlainError } from '../base/index.js';
import { type MeasuredSubvolume, measureSubvolume } from './btrfs-usage.js';
import { type Comparison, compareManifestNow } from './manifest/compare-manifest.js';
import { type ManifestRequest, writeManifestNow } from './manifest/manifest-file.js';
import { sharedBytes } from './shared-extents.js';
import { type DiskUsage, measureTree, unbounded } from './tree-measure.js';
import {
  type AdoptRequest,
  adoptNow,
  type MakeRequest,
  makeFromTemplate,
  type ReclaimReport,
  type ReclaimRequest,
  reclaimTreesNow,
} from './tree-reclaim.js';
import { type RemovalReport, removeTreesNow } from './tree-remove.js';
import { syncTreeNow, type TreeSyncRequest } from './tree-sync.js';

/** Each task with what it takes and gives. */
export interface TreeTasks {
  readonly measure: {
    readonly input: { readonly path: string; readonly withoutShared: boolean };
    readonly output: DiskUsage | undefined;
  };
  readonly sync: { readonly input: TreeSyncRequest; readonly output: boolean };
  readonly 'measure-subvolume': { readonly input: MeasuredSubvolume; readonly output: DiskUsage | undefined };
  readonly remove: {
    readonly input: { readonly root: string; readonly names: readonly string[] };
    readonly output: RemovalReport;
  };
  readonly make: {
    readonly input: MakeRequest;
    readonly output: number;
  };
  readonly reclaim: { readonly input: ReclaimRequest; readonly output: ReclaimReport };
  readonly 'write-manifest': { readonly input: ManifestRequest; readonly output: boolean };
  readonly 'compare-manifest': { readonly input: ManifestRequest; readonly output: Comparison | undefined };
  readonly adopt: { readonly input: AdoptRequest; readonly output: ReclaimReport };
}

/** The name of a task. */
export type TreeTaskName = keyof TreeTasks;

/** The state that a caller and a worker share: one number, not zero when the task is to stop. */
export type StopFlag = Int32Array<SharedArrayBuffer>;

/** A request to a worker. */
export type TreeRequest = {
  readonly [K in TreeTaskName]: { readonly name: K; readonly input: TreeTasks[K]['input']; readonly flag: StopFlag };
}[TreeTaskName];

/** A worker's answer. */
export type TreeReply<K extends TreeTaskName> =
  | { readonly ok: true; readonly output: TreeTasks[K]['output'] }
  | { readonly ok: false; readonly error: PlainError };

/** Does a task on this thread. A task that is stopped gives `undefined` or a report that says so. */
export function runTreeTask(request: TreeRequest): TreeTasks[TreeTaskName]['output'] {
  const stop = () => Atomics.load(request.flag, 0) !== 0;
  switch (request.name) {
    case 'measure':
      return measureTree(request.input.path, {
        ...unbounded,
        stop,
        ...(request.input.withoutShared ? { uncounted: sharedBytes } : {}),
      });
    case 'sync':
      return syncTreeNow(request.input, stop);
    case 'measure-subvolume':
      return measureSubvolume(request.input, stop);
    case 'remove':
      return removeTreesNow(request.input.root, request.input.names, stop);
    case 'reclaim':
      return reclaimTreesNow(request.input, stop);
    case 'adopt':
      return adoptNow(request.input, stop);
    case 'write-manifest':
      return writeManifestNow(request.input, stop);
    case 'compare-manifest':
      return compareManifestNow(request.input, stop);
    case 'make':
      return makeFromTemplate(request.input);
  }
}
