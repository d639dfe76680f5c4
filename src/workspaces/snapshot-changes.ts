import { randomUUID } from 'node:crypto';
import { NotFoundError } from '../errors/index.js';
import { temporaryMount } from '../linux/index.js';
import type { CallContext, Leases, Snapshotter } from '../snapshots/index.js';
import { type TreeChange, treeChanges } from '../trees/index.js';
import type { ChangesRequest } from './api/index.js';
import { differingLayers, type ReadableMounts, readableMounts } from './mounted-trees.js';

/** What the changes are read with. */
export interface ChangesParts {
  readonly snapshotter: Snapshotter;
  /** Keeps what is made for the reading, and lets it go when the process is killed. */
  readonly leases: Leases;
}

/** Longer than any reading takes; after that, what a killed one has left is collected. */
const leaseMs = 24 * 3_600_000;

/**
 * What is different in a snapshot since another one, in pages, by the rule by which containerd makes layers. The snapshots may be in use; what
 * changes during the reading may or may not be seen. Where layers are directories it costs what the layers between the
 * two hold, else what both hold.
 *
 * Mounts both for the time of the reading, in this process's mount namespace; that needs the right to mount.
 * @throws NotFoundError when there is no such snapshot; PermissionDeniedError when mounting is not allowed; CanceledError
 * or DeadlineExceededError when the call's signal is aborted.
 */
export async function* snapshotChanges(
  { snapshotter, leases }: ChangesParts,
  { key, since }: ChangesRequest,
  call: CallContext,
): AsyncGenerator<readonly TreeChange[], void, undefined> {
  const { parent } = await snapshotter.stat(key, call);
  const base = since ?? parent;
  const expires = new Date(Date.now() + leaseMs).toISOString();
  const lease = await leases.create({ labels: new Map([['containerd.io/gc.expire', expires]]) }, call);
  await using held = new AsyncDisposableStack();
  held.defer(() => leases.delete(lease.id, { ...call, signal: undefined }).catch(unlessGone));

  const reading = new Reading(snapshotter, { ...call, lease: lease.id }, held);
  const after = await reading.mountsOf(key);
  const before = base === '' ? undefined : await reading.mountsOf(base);
  const [afterTree, beforeTree] = [await reading.mount(after), before && (await reading.mount(before))];
  const touched = differingLayers(after.layers, before?.layers);
  yield* treeChanges({ before: beforeTree, after: afterTree, touched }, call.signal);
}

/** What is made for one reading, and goes with it. */
class Reading {
  readonly #snapshotter: Snapshotter;
  readonly #call: CallContext;
  readonly #held: AsyncDisposableStack;

  constructor(snapshotter: Snapshotter, call: CallContext, held: AsyncDisposableStack) {
    this.#snapshotter = snapshotter;
    this.#call = call;
    this.#held = held;
  }

  /** How to mount a snapshot for reading: a committed one by a view that is made for it. */
  async mountsOf(key: string): Promise<ReadableMounts> {
    const { kind } = await this.#snapshotter.stat(key, this.#call);
    if (kind !== 'committed') return readableMounts(await this.#snapshotter.mounts(key, this.#call));
    const view = `strata-changes-${randomUUID()}`;
    const mounts = await this.#snapshotter.view({ key: view, parent: key }, this.#call);
    this.#held.defer(() => this.#snapshotter.remove(view, { ...this.#call, signal: undefined }).catch(unlessGone));
    return readableMounts(mounts);
  }

  async mount({ mounts }: ReadableMounts): Promise<string> {
    return this.#held.use(await temporaryMount(mounts, { signal: this.#call.signal })).path;
  }
}

/** Somebody else may have removed what was made for the reading. */
function unlessGone(error: unknown): void {
  if (!(error instanceof NotFoundError)) throw error;
}
