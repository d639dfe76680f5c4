/** A store whose rows of snapshots a test writes itself, right or wrong. */
import { type Kind, noUsage } from '../../src/snapshots/index.js';
import { alterRows } from './damage/record-damage.js';
import { type TemporaryStore, temporaryStore } from './store.js';

/** A row; what is left out is as a committed snapshot of overlayfs without a parent has it. */
export interface RowToBe {
  readonly id: number;
  readonly snapshotter?: string;
  readonly namespace?: string;
  readonly key?: string;
  readonly kind?: Kind;
  readonly parent?: number;
  /** The parent alone when left out. */
  readonly chain?: string;
  readonly created?: number;
  readonly updated?: number;
}

function valuesOf(row: RowToBe): string {
  const { id, snapshotter = 'overlayfs', namespace = 'default', key = `key-${id}`, kind = 'committed', parent } = row;
  const { chain = parent ?? '', created = 1, updated = created } = row;
  const { size, inodes } = noUsage;
  const texts = [snapshotter, namespace, key, kind].map((text) => `'${text}'`);
  return `(${[id, ...texts, parent ?? 'NULL', `'${chain}'`, created, updated, size, inodes].join(', ')})`;
}

/** The statement that inserts rows. */
export function insertOf(rows: readonly RowToBe[]): string {
  const columns = 'id, snapshotter, namespace, key, kind, parent, chain, created, updated, size, inodes';
  return `INSERT INTO snapshots (${columns}) VALUES ${rows.map(valuesOf).join(', ')};`;
}

/** Opens a store with these rows; the namespace `default` is known, and ids up to 4096 count as given out. */
export async function storeOf(rows: readonly RowToBe[], more = ''): Promise<TemporaryStore> {
  const temporary = await temporaryStore();
  const usual = "INSERT INTO namespaces VALUES ('default'); UPDATE snapshot_ids SET reserved = 4096;";
  await alterRows(temporary, `${usual} ${rows.length === 0 ? '' : insertOf(rows)} ${more}`);
  return temporary;
}
