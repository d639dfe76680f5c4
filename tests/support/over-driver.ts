/** Namespaces, and a check, over a snapshotter that a driver's test has opened itself. */
import path from 'node:path';
import { type FaultPoints, noFaults } from '../../src/base/index.js';
import { type CheckEvent, type CheckSubject, check, LayerListWriter, rebuildLayers } from '../../src/check/index.js';
import { InternalError } from '../../src/errors/index.js';
import { LocalBackend, metadataTables, NamespacedSnapshotter } from '../../src/metadata/index.js';
import {
  type CallContext,
  type Driver,
  GuardedSnapshotter,
  type LocalSnapshotter,
  noContext,
  type Snapshotter,
  snapshotTables,
} from '../../src/snapshots/index.js';
import type { Store } from '../../src/store/index.js';

export type { CheckEvent };

/** The tables that a store has to have for it, beside those of the driver. */
export const tablesOverDriver = [...snapshotTables, ...metadataTables] as const;

/** What is open. */
export interface OverDriver {
  readonly name: string;
  readonly store: Store;
  readonly driver: Driver;
  readonly snapshotter: LocalSnapshotter;
}

/** The same in namespaces, as a daemon has it; works in `default`. */
export function namespaced({ name, store, snapshotter }: OverDriver, faults: FaultPoints = noFaults): Snapshotter {
  const backend = new LocalBackend({ store, snapshotter, faults });
  const own = new NamespacedSnapshotter({ name, backend, snapshotter });
  return new GuardedSnapshotter(own, { defaults: { namespace: 'default' } });
}

/** Looks deep at a snapshotter in namespaces. @param place Of what a repair would take away. */
export function checkDeep(
  { name, store, driver, snapshotter }: OverDriver,
  { directory }: { readonly directory: string },
  call: CallContext = noContext,
): AsyncIterable<CheckEvent> {
  const subject: CheckSubject = {
    store,
    namespaced: true,
    live: true,
    snapshotters: [{ name, files: driver.checker, isBusy: (id: string) => snapshotter.isBusy(id) }],
    lostAndFound: () => path.join(directory, 'lost+found'),
  };
  return check(subject, { level: 'deep' }, call);
}

/** Keeps the list of the layers; it is written when that is asked for. */
export function listOver({ name, store, driver }: OverDriver): Promise<LayerListWriter> {
  return LayerListWriter.open({
    store,
    name,
    root: driver.root,
    face: 'namespaced',
    durable: true,
    errors: {
      report: (task, error) => {
        throw new InternalError(task, { cause: error });
      },
    },
    delay: 2 ** 30,
    described: driver.checker?.described,
  });
}

/** Makes the records of the layers again, of the list of them, and gives the names and what was refused. */
export async function rebuildOver({ name, store, driver }: OverDriver): Promise<{ placed: number; refused: string[] }> {
  if (driver.checker === undefined) throw new InternalError('nothing looks at the files');
  const options = { store, name, root: driver.root, files: driver.checker };
  const { placed, findings } = await rebuildLayers(options, noContext);
  return { placed, refused: findings.map(({ key = '', message }) => `${key}: ${message}`) };
}
