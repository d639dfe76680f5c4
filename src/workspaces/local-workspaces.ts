import { FailedPreconditionError, fromSystemError, InvalidArgumentError } from '../errors/index.js';
import { whereMounted } from '../linux/index.js';
import {
  type CallContext,
  type Info,
  type Leases,
  type LocalSnapshotter,
  requireNamespace,
  type Snapshotter,
} from '../snapshots/index.js';
import type { TreeChange } from '../trees/index.js';
import type {
  ChangesRequest,
  Checkpoint,
  CheckpointRequest,
  ForkOutcome,
  ForkRequest,
  RollbackRequest,
} from './api/index.js';
import { inheritRoot, isUntouched } from './root-attributes.js';
import { snapshotChanges } from './snapshot-changes.js';

/** Says which active snapshot a committed one is a checkpoint of. */
export const checkpointLabel = 'strata.dev/checkpoint';

/** A back end that workspaces are in. */
export interface WorkspacePlace {
  /** As callers see it. */
  readonly snapshotter: Snapshotter;
  readonly local: LocalSnapshotter;
}

/** What workspaces need. */
export interface WorkspacesOptions {
  /** By name. */
  readonly places: ReadonlyMap<string, WorkspacePlace>;
  /** The name that stands for none. */
  readonly defaultName: string;
  readonly leases: Leases;
  /** Told of what has become of a snapshot, when it is on disk. Must not reject. */
  readonly told: (snapshotter: string, event: WorkspaceEvent, call: CallContext) => Promise<void>;
}

/** An active snapshot was committed, or begins again. */
export type WorkspaceEvent =
  | { readonly topic: '/snapshot/commit'; readonly key: string; readonly name: string }
  | { readonly topic: '/snapshot/prepare'; readonly key: string; readonly parent: string };

type InPlace<T> = T & { readonly snapshotter?: string };

/** What people do with active snapshots and their checkpoints, in this process. Every call names a namespace. */
export class LocalWorkspaces {
  readonly #options: WorkspacesOptions;

  constructor(options: WorkspacesOptions) {
    this.#options = options;
  }

  /** See `Workspaces.changes`; in pages. */
  changes(
    { snapshotter, ...request }: InPlace<ChangesRequest>,
    call: CallContext,
  ): AsyncIterable<readonly TreeChange[]> {
    const place = this.#placeOf(snapshotter);
    return snapshotChanges({ snapshotter: place.snapshotter, leases: this.#options.leases }, request, call);
  }

  /** See `Workspaces.checkpoint`. */
  async checkpoint({ snapshotter, key, name }: InPlace<CheckpointRequest>, call: CallContext): Promise<Checkpoint> {
    requireNamespace(call);
    const place = this.#placeOf(snapshotter);
    const mounts = await place.snapshotter.mounts(key, call);
    refuseMounted(key, whereMounted(mounts));
    const { parent } = await place.snapshotter.stat(key, call);
    if (name === undefined && parent !== '' && (await isUntouched(mounts))) {
      const below = await place.snapshotter.stat(parent, call);
      if (below.labels.get(checkpointLabel) === key) return checkpointOf(below, false);
    }
    const chosen = name ?? `${key}@${new Date().toISOString()}`;
    const labels = new Map([[checkpointLabel, key]]);
    await place.local.freeze({ key, name: chosen, labels, ready: ({ fresh }) => inheritRoot(fresh) }, call);
    await this.#options.told(place.name, { topic: '/snapshot/commit', key, name: chosen }, call);
    await this.#options.told(place.name, { topic: '/snapshot/prepare', key, parent: chosen }, call);
    return checkpointOf(await place.snapshotter.stat(chosen, call), true);
  }

  /** See `Workspaces.checkpoints`. */
  async checkpoints({ snapshotter, key }: InPlace<{ readonly key: string }>, call: CallContext): Promise<Checkpoint[]> {
    const place = this.#placeOf(snapshotter);
    const filters = [`labels.${JSON.stringify(checkpointLabel)}==${JSON.stringify(key)}`];
    const found = await Array.fromAsync(place.snapshotter.walk({ filters }, call));
    return found.map((info) => checkpointOf(info, false)).sort((a, b) => a.created.getTime() - b.created.getTime());
  }

  /** See `Workspaces.fork`. */
  async fork({ snapshotter, key, keys }: InPlace<ForkRequest>, call: CallContext): Promise<ForkOutcome[]> {
    requireNamespace(call);
    const place = this.#placeOf(snapshotter);
    if (new Set(keys).size < keys.length) throw new InvalidArgumentError('two forks cannot have the same key');
    const { kind } = await place.snapshotter.stat(key, call);
    if (kind === 'view') throw new FailedPreconditionError(`snapshot ${key} is a view: fork what it is based on`);
    const parent = kind === 'committed' ? key : (await this.checkpoint({ snapshotter: place.name, key }, call)).name;
    const outcomes = await Promise.allSettled(
      keys.map(async (fork) => inheritRoot(await place.snapshotter.prepare({ key: fork, parent }, call))),
    );
    return outcomes.map((outcome, index) => {
      const fork = { key: keys[index] ?? '', parent };
      return outcome.status === 'fulfilled' ? fork : { ...fork, error: fromSystemError(outcome.reason) };
    });
  }

  /** See `Workspaces.rollback`. */
  async rollback({ snapshotter, key, to }: InPlace<RollbackRequest>, call: CallContext): Promise<void> {
    requireNamespace(call);
    const place = this.#placeOf(snapshotter);
    refuseMounted(key, whereMounted(await place.snapshotter.mounts(key, call)));
    await place.local.replace({ key, parent: to, ready: ({ fresh }) => inheritRoot(fresh) }, call);
    await this.#options.told(place.name, { topic: '/snapshot/prepare', key, parent: to }, call);
  }

  #placeOf(name = 'auto'): WorkspacePlace & { readonly name: string } {
    const chosen = name === 'auto' ? this.#options.defaultName : name;
    const place = this.#options.places.get(chosen);
    if (place === undefined) throw new InvalidArgumentError(`snapshotter not loaded: ${chosen}`);
    return { ...place, name: chosen };
  }
}

function refuseMounted(key: string, where: string | undefined): void {
  if (where === undefined) return;
  throw new FailedPreconditionError(
    `snapshot ${key} ${where}: unmount it first, since what is written there would be lost`,
  );
}

function checkpointOf({ name, parent, created }: Info, isNew: boolean): Checkpoint {
  return { name, parent, created, isNew };
}
