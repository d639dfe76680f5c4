import { randomUUID } from 'node:crypto';
import type { FaultPoints } from '../../base/index.js';
import { fromSystemError } from '../../errors/index.js';
import type {
  CallContext,
  Driver,
  DriverCapabilities,
  DriverChecker,
  DriverSnapshot,
  Labels,
  Mount,
  Usage,
} from '../../snapshots/index.js';
import { noLimits, throwIfCallAborted } from '../../snapshots/index.js';
import { diskUsage, namesInDirectory, removeTrees } from '../../trees/index.js';
import { ensureDirectory } from '../kit/directories.js';
import { awaitsParent, ensureEmptyLower } from '../kit/empty-lower.js';
import { FileLists } from '../kit/file-lists.js';
import { type LayerFiles, LayerSync } from '../kit/layer-sync.js';
import { type MountSettings, overlayMounts } from '../kit/overlay-mounts.js';
import { requireDirectoryTypes } from '../kit/overlay-needs.js';
import { mapsBoth, type Owner, ownerFromLabels } from '../kit/ownership.js';
import type { ProjectLimiter } from '../kit/project-limiter.js';
import { overlayChecker } from './checker.js';
import {
  activeTemplate,
  fileListOf,
  filesDirectory,
  MODES,
  makeSnapshotFiles,
  ownerOfFiles,
  readyDirectory,
  recreateSnapshotFiles,
  snapshotDirectory,
  snapshotsDirectory,
  takeSnapshotFiles,
} from './files.js';
import { FlatLayers } from './flat-layers.js';
import { overlayLimiter } from './limiter.js';
import { mountSettings } from './mounts.js';
import { type OverlayOptions, type ResolvedOverlayOptions, resolveOverlayOptions } from './options.js';
import { type OverlaySetup, probeOverlay } from './probe.js';
import { ReadyDirectories } from './ready-directories.js';

/** The label with the directory of a snapshot's own files. */
export const upperdirLabel = 'containerd.io/snapshot/overlay.upperdir';

/**
 * Opens a driver that keeps each layer in a directory and has the kernel's overlay file system put them together
 * (containerd: plugins/snapshots/overlay). Making a snapshot costs a few directories, whatever the layers below hold.
 * The root and what is missing in it are made.
 * @throws InvalidArgumentError for a root or mount options that cannot work.
 * @throws FailedPreconditionError when the root's file system does not tell the types of directory entries.
 * @throws NotImplementedError when overlay cannot be mounted below the root.
 * @throws PermissionDeniedError when the root cannot be made.
 */
export async function openOverlayDriver(options: OverlayOptions): Promise<Driver> {
  const resolved = resolveOverlayOptions(options);
  ensureDirectory(resolved.root, MODES.root);
  requireDirectoryTypes(resolved.root, resolved.facts);
  ensureDirectory(snapshotsDirectory(resolved.root), MODES.root);
  ensureEmptyLower(resolved.root);
  return new OverlayDriver(resolved, await probeOverlay(resolved));
}

class OverlayDriver implements Driver {
  readonly capabilities: DriverCapabilities;
  readonly root: string;
  readonly checker: DriverChecker;
  readonly #settings: MountSettings;
  readonly #showsUpperdir: boolean;
  readonly #flat: FlatLayers;
  readonly #lists: FileLists;
  readonly #ready: ReadyDirectories | undefined;
  readonly #sync: LayerSync | undefined;
  readonly #faults: FaultPoints;
  readonly limiter: ProjectLimiter;

  constructor(options: ResolvedOverlayOptions, setup: OverlaySetup) {
    this.root = options.root;
    this.checker = overlayChecker(options.root, { open: true });
    this.capabilities = Object.freeze({ names: setup.capabilities, layersAreDifferences: true });
    this.#flat = openFlat(options, setup);
    this.#settings = mountSettings(options.root, setup, this.#flat);
    this.#showsUpperdir = options.upperdirLabel;
    this.#lists = new FileLists({ wanted: options.fileList, pathOf: (id) => fileListOf(options.root, id) });
    this.#ready = options.readyDirectories === 0 ? undefined : openReady(options);
    this.#faults = options.faults;
    this.limiter = overlayLimiter(options, setup);
    this.#sync = options.durability === 'full' ? new LayerSync(options.root) : undefined;
  }

  async create(snapshot: DriverSnapshot, call: CallContext): Promise<void> {
    throwIfCallAborted(call);
    const owner = this.#ownerOf(snapshot);
    const files = { id: snapshot.id, writable: snapshot.kind === 'active', owner, faults: this.#faults };
    const ready = files.writable ? await this.#ready?.take() : undefined;
    const taken = ready !== undefined && (await takeSnapshotFiles(this.root, ready, files));
    if (!taken) await makeSnapshotFiles(this.root, files);
    if (files.writable) await this.#startProject(snapshot);
    this.#flat.consider(snapshot);
  }

  async #startProject({ id, limits = noLimits }: DriverSnapshot): Promise<void> {
    try {
      this.limiter.start(id, limits);
    } catch (error) {
      await removeTrees(snapshotsDirectory(this.root), [id]);
      throw fromSystemError(error, 'failed to set quota');
    }
  }

  /**
   * The container's root if labels map ids, else the owner of the nearest parent, whose files must be there anyway. What
   * is written to an upper directory lands there with the ids of the host. Without parents, now or later, the directory
   * itself is mounted, and so mapped: then it holds the ids of the container, and stays as it is made.
   */
  #ownerOf(snapshot: DriverSnapshot): Owner | undefined {
    const { labels, parentIds } = snapshot;
    const mapped = ownerFromLabels(labels);
    const [parent] = parentIds;
    if (parent !== undefined) {
      const inherited = ownerOfFiles(this.root, parent);
      return mapped ?? inherited;
    }
    const isMapped = this.#settings.remapIds && mapsBoth(labels) && !awaitsParent(snapshot);
    return isMapped ? undefined : mapped;
  }

  async seal(snapshot: DriverSnapshot, call: CallContext): Promise<Usage> {
    const { id } = snapshot;
    // A file list has to be on disk as well, and is written when the layer has been measured.
    const early = this.#lists.wanted ? undefined : this.#sync?.early(filesDirectory(this.root, id));
    const [usage] = await Promise.all([this.#measure(snapshot, call), early]);
    this.#faults.reach('overlay.measured');
    if (this.#lists.wanted) await this.#lists.write({ id, tree: filesDirectory(this.root, id) }, call.signal);
    this.#faults.reach('overlay.listed');
    // Before the record says that the layer is complete, it is: no power cut can leave a committed layer with holes.
    if (early === undefined) await this.#sync?.sync(layerFiles(this.root, id, usage), call.signal);
    throwIfCallAborted(call);
    return usage;
  }

  mounts(snapshot: DriverSnapshot): readonly Mount[] {
    return overlayMounts(snapshot, this.#settings);
  }

  async usage(snapshot: DriverSnapshot, call: CallContext): Promise<Usage> {
    // Nobody writes into a view: its own directory stays empty, and is not even mounted when there are parents.
    if (snapshot.kind === 'view') return { size: 0, inodes: 0 };
    throwIfCallAborted(call);
    return this.limiter.usage(snapshot.id) ?? this.#measure(snapshot, call);
  }

  #measure({ id }: DriverSnapshot, { signal }: CallContext): Promise<Usage> {
    return diskUsage(filesDirectory(this.root, id), { signal });
  }

  async discard(ids: readonly string[], { signal }: CallContext): Promise<void> {
    const directory = snapshotsDirectory(this.root);
    const failure = this.limiter.end(ids);
    this.#faults.reach('overlay.discarding');
    await this.#flat.drop(ids, signal);
    await removeTrees(directory, ids, { signal });
    this.#faults.reach('overlay.discarded');
    // Whether or not its quota could be taken off, a snapshot that is deleted is gone.
    if (failure !== undefined) throw failure;
  }

  /** What a power cut can take, and half a list that an earlier process left of a commit. */
  async recreate(snapshot: DriverSnapshot): Promise<boolean> {
    await this.#lists.removeDraft(snapshot.id);
    // One that an earlier process wrote for a commit that was refused must not outlive what it says.
    if (!this.#lists.wanted) await this.#lists.remove([snapshot.id]);
    const files = { id: snapshot.id, writable: snapshot.kind === 'active', faults: this.#faults };
    return recreateSnapshotFiles(this.root, files, () => this.#ownerOf(snapshot));
  }

  ids(): AsyncIterable<string> {
    return namesInDirectory(snapshotsDirectory(this.root));
  }

  shownLabels({ id }: Pick<DriverSnapshot, 'id' | 'kind'>): Labels | undefined {
    return this.#showsUpperdir ? new Map([[upperdirLabel, filesDirectory(this.root, id)]]) : undefined;
  }

  async close(): Promise<void> {
    await this.#flat.close();
    await this.#ready?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** What has to be on disk of a layer: its files, and the names that lead to them. */
function layerFiles(root: string, id: string, { inodes }: Usage): LayerFiles {
  const parents = [snapshotDirectory(root, id), snapshotsDirectory(root)];
  return { path: filesDirectory(root, id), parents, inodes };
}

function openFlat(options: ResolvedOverlayOptions, { overlayOptions, flattenDepth: depth }: OverlaySetup): FlatLayers {
  const { root, durability, faults, onFlattenError: onError } = options;
  const space = overlayOptions.includes('userxattr') ? 'user' : 'trusted';
  return new FlatLayers({ root, depth, durable: durability === 'full', space, faults, onError });
}

function openReady({
  root,
  readyDirectories: target,
  onBackgroundError: onError,
}: ResolvedOverlayOptions): ReadyDirectories {
  const options = { path: readyDirectory(root), template: activeTemplate, target, onError };
  return ReadyDirectories.open(options, randomUUID());
}
