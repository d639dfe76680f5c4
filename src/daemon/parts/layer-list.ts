import { checkedFiles, type LayerList, LayerListWriter, layerListPath, readLayerList } from '../../check/index.js';
import { FailedPreconditionError } from '../../errors/index.js';
import {
  type BackgroundErrors,
  type Driver,
  type Durability,
  type LayerObserver,
  reservedIdsTable,
} from '../../snapshots/index.js';
import type { Store } from '../../store/index.js';
import { faceOf } from './face.js';

/** Whose layers are listed. */
export interface LayerListParts {
  readonly name: string;
  readonly store: Store;
  readonly driver: Driver;
  readonly durability: Durability;
  readonly errors: BackgroundErrors;
}

/**
 * Keeps the list from which the records of the layers can be made again; closed with the snapshotter that is given it.
 * @throws FailedPreconditionError when the store knows nothing of the snapshotter, but the list knows layers whose files
 * are there: a snapshotter that started would take them for leftovers, and delete them.
 */
export async function openLayerList(parts: LayerListParts): Promise<LayerObserver> {
  const { name, store, driver, durability, errors } = parts;
  await requireRecords(parts);
  const face = faceOf(store) ?? '';
  const { root, checker } = driver;
  const described = checker?.described;
  return LayerListWriter.open({ name, store, root, face, durable: durability !== 'none', errors, described });
}

async function requireRecords({ name, store, driver }: LayerListParts): Promise<void> {
  if (store.read((tx) => tx.has(reservedIdsTable, [name]))) return;
  const list = await readLayerList(driver.root, name);
  if (list === undefined || !(await hasFiles(driver, list))) return;
  const path = layerListPath(driver.root);
  throw new FailedPreconditionError(
    `the records of the layers in ${driver.root} are gone: "strata check --rebuild" makes them again; to give the layers up, delete ${path}`,
  );
}

/** Whether any files are there that a list tells of. */
async function hasFiles(driver: Driver, { layers }: LayerList): Promise<boolean> {
  const described = driver.checker?.described;
  if (described !== undefined) {
    for (const { record, files } of layers) {
      const found = files === undefined ? undefined : await described.find(checkedFiles(record), files);
      if (found !== undefined && found.state !== 'gone') return true;
    }
    return false;
  }
  const listed = new Set(layers.map(({ record }) => String(record.id)));
  for await (const id of driver.ids()) if (listed.has(id)) return true;
  return false;
}
