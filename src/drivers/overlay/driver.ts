import { chmodSync, lchownSync, lstatSync, mkdirSync } from 'node:fs';
import { opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { DataLossError, systemErrorCode, throwIfAborted } from '../../errors/index.js';
import { diskUsage, removeTrees } from '../../linux/index.js';
import {
  type CallContext,
  type Driver,
  type DriverCapabilities,
  type DriverSnapshot,
  type Labels,
  type Mount,
  noContext,
  noUsage,
  type Usage,
} from '../../snapshots/index.js';
import { filesDirectory, type MountSettings, overlayMounts, workDirectory } from './mounts.js';
import { type OverlayOptions, type ResolvedOverlayOptions, resolveOverlayOptions } from './options.js';
import { type Owner, ownerFromLabels } from './ownership.js';
import { type OverlaySetup, setUpOverlay } from './probe.js';

/** The label with the directory of a snapshot's own files. */
export const upperdirLabel = 'containerd.io/snapshot/overlay.upperdir';

/**
 * Opens a driver that keeps each layer in a directory and has overlayfs put them together. The layout is containerd's:
 *
 *     <root>/                     0700
 *       snapshots/                0700
 *         <id>/                   0700
 *           fs/                   0755  the layer's own files, the upper directory while it is active
 *           work/                 0711  overlayfs' own; not for views
 *
 * @throws FailedPreconditionError when the file system cannot carry overlayfs; PermissionDeniedError when the root
 * cannot be made.
 */
export async function openOverlayDriver(options: OverlayOptions): Promise<Driver> {
  const resolved = resolveOverlayOptions(options);
  return new OverlayDriver(resolved, await setUpOverlay(resolved));
}

class OverlayDriver implements Driver {
  readonly capabilities: DriverCapabilities;
  readonly root: string;
  readonly #settings: MountSettings;
  readonly #showsUpperdir: boolean;

  constructor(options: ResolvedOverlayOptions, setup: OverlaySetup) {
    this.root = options.root;
    this.capabilities = Object.freeze({ names: setup.capabilities });
    this.#settings = { root: options.root, overlayOptions: setup.overlayOptions, remapIds: setup.remapIds };
    this.#showsUpperdir = options.upperdirLabel;
  }

  // Synchronous calls: a directory takes some ten microseconds to make, several times less than a trip through the
  // thread pool.
  async create(snapshot: DriverSnapshot, call: CallContext): Promise<void> {
    throwIfAborted(call.signal);
    const owner = this.#ownerOf(snapshot);
    const directory = join(this.root, 'snapshots', snapshot.id);
    mkdirSync(directory, { mode: 0o700 });
    try {
      this.#fill(snapshot, owner);
    } catch (error) {
      await this.discard([snapshot.id], noContext);
      throw error;
    }
  }

  #fill({ id, kind }: DriverSnapshot, owner: Owner | undefined): void {
    const files = filesDirectory(this.root, id);
    makeDirectory(files, 0o755);
    if (owner !== undefined) lchownSync(files, owner.uid, owner.gid);
    if (kind === 'active') makeDirectory(workDirectory(this.root, id), 0o711);
  }

  #ownerOf({ labels, parentIds }: DriverSnapshot): Owner | undefined {
    const [parent] = parentIds;
    const mapped = ownerFromLabels(labels);
    if (parent === undefined) return mapped;
    const inherited = this.#ownerOfParent(parent);
    return mapped ?? inherited;
  }

  #ownerOfParent(parent: string): Owner | undefined {
    try {
      const { uid, gid } = lstatSync(filesDirectory(this.root, parent));
      return uid === process.geteuid?.() && gid === process.getegid?.() ? undefined : { uid, gid };
    } catch (error) {
      if (systemErrorCode(error) !== 'ENOENT') throw error;
      throw new DataLossError(`failed to stat parent: the files of snapshot ${parent} are gone`, { cause: error });
    }
  }

  async seal(snapshot: DriverSnapshot, call: CallContext): Promise<Usage> {
    return diskUsage(filesDirectory(this.root, snapshot.id), call);
  }

  mounts(snapshot: DriverSnapshot): readonly Mount[] {
    return overlayMounts(snapshot, this.#settings);
  }

  async usage(snapshot: DriverSnapshot, call: CallContext): Promise<Usage> {
    return snapshot.kind === 'active' ? diskUsage(filesDirectory(this.root, snapshot.id), call) : noUsage;
  }

  discard(ids: readonly string[], call: CallContext): Promise<void> {
    return removeTrees(join(this.root, 'snapshots'), ids, call);
  }

  async *ids(): AsyncGenerator<string> {
    for await (const entry of await opendir(join(this.root, 'snapshots'))) yield entry.name;
  }

  shownLabels({ id }: Pick<DriverSnapshot, 'id'>): Labels | undefined {
    return this.#showsUpperdir ? new Map([[upperdirLabel, filesDirectory(this.root, id)]]) : undefined;
  }

  async close(): Promise<void> {
    // Holds nothing open.
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** Makes a directory with exactly this mode, whatever the process's umask takes away. */
function makeDirectory(path: string, mode: number): void {
  mkdirSync(path, { mode });
  chmodSync(path, mode);
}
