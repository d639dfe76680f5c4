/**
 * The records of the snapshotters, as they lie in the store.
 *
 *     snapshots                [snapshotter, key]                  id, kind, parent key, ids of the whole chain below,
 *                                                                  times, labels, usage (of committed ones)
 *     snapshots.children       [snapshotter, parent id, child id]  the child's key
 *     snapshots.ids            [snapshotter, id]                   the key of the snapshot whose files have this id
 *     snapshots.reserved-ids   [snapshotter]                       every id up to this one may have been given out
 *     snapshots.bare-layers    [snapshotter, id]                   what a layer without content is like that may not be
 *                                                                  on disk yet
 *
 * All snapshotters share these tables. Ids are per snapshotter. A change of this layout needs a migration.
 */
import { InternalError } from '../../errors/index.js';
import {
  type Codec,
  defineTable,
  numberCodec,
  type ReadTransaction,
  type RecordReader,
  type RecordWriter,
  textCodec,
} from '../../store/index.js';
import type { Kind, Labels, Usage } from '../api/types.js';
import type { BareLayer } from '../driver/bare-layer.js';

/** One snapshot, as recorded. */
export interface SnapshotRecord {
  readonly id: number;
  readonly kind: Kind;
  /** The parent's name; empty for none. */
  readonly parent: string;
  /**
   * The ids of the chain below, nearest first. It is complete, so that mounts need one look-up however deep the chain
   * is; it never goes stale, since committed snapshots keep their ids and parents outlive their children.
   */
  readonly parentIds: readonly number[];
  /** Microseconds since 1970. */
  readonly created: number;
  readonly updated: number;
  readonly labels: Labels;
  /** Zero unless committed. */
  readonly usage: Usage;
}

const kinds: readonly Kind[] = ['view', 'active', 'committed'];

function writeRecord(record: SnapshotRecord, writer: RecordWriter): void {
  writer.number(record.id).number(kinds.indexOf(record.kind)).text(record.parent);
  writer.number(record.parentIds.length);
  for (const id of record.parentIds) writer.number(id);
  writer.number(record.created).number(record.updated).map(record.labels);
  writer.number(record.usage.size).number(record.usage.inodes);
}

function readKind(reader: RecordReader): Kind {
  const kind = kinds[reader.number()];
  if (kind === undefined) throw new RangeError('The record holds an unknown kind');
  return kind;
}

function readIds(reader: RecordReader): number[] {
  const ids: number[] = [];
  for (let count = reader.number(); count > 0; count--) ids.push(reader.number());
  return ids;
}

function readRecord(reader: RecordReader): SnapshotRecord {
  return {
    id: reader.number(),
    kind: readKind(reader),
    parent: reader.text(),
    parentIds: readIds(reader),
    created: reader.number(),
    updated: reader.number(),
    labels: reader.map(),
    usage: { size: reader.number(), inodes: reader.number() },
  };
}

function refuseToWrite(): never {
  throw new InternalError('a part of a record cannot be written alone');
}

const snapshotCodec: Codec<SnapshotRecord> = { encode: writeRecord, decode: readRecord };

/** Snapshots by key. */
export const snapshotsTable = defineTable<readonly [snapshotter: string, key: string], SnapshotRecord>({
  name: 'snapshots',
  shape: ['string', 'string'],
  codec: snapshotCodec,
});

/** What a record begins with, for those who need no more of it. */
export interface SnapshotHead {
  readonly id: number;
  readonly kind: Kind;
}

/** The beginnings of the records of {@link snapshotsTable}, to be read only: a fraction of the work. */
export const snapshotHeadsTable = defineTable<readonly [snapshotter: string, key: string], SnapshotHead>({
  name: snapshotsTable.name,
  shape: snapshotsTable.shape,
  codec: {
    encode: refuseToWrite,
    decode: (reader) => ({ id: reader.number(), kind: readKind(reader) }),
  },
});

/** What of a record says how to mount it. */
export type SnapshotLayers = Pick<SnapshotRecord, 'id' | 'kind' | 'parentIds' | 'labels'>;

function readLayers(reader: RecordReader): SnapshotLayers {
  const id = reader.number();
  const kind = readKind(reader);
  reader.skipText();
  const parentIds = readIds(reader);
  // The times.
  reader.number();
  reader.number();
  return { id, kind, parentIds, labels: reader.map() };
}

/** The parts of the records of {@link snapshotsTable} by which they are mounted, to be read only: half of the work. */
export const snapshotLayersTable = defineTable<readonly [snapshotter: string, key: string], SnapshotLayers>({
  name: snapshotsTable.name,
  shape: snapshotsTable.shape,
  codec: { encode: refuseToWrite, decode: readLayers },
});

/** Which snapshots stand on which. */
export const childrenTable = defineTable<readonly [snapshotter: string, parentId: number, childId: number], string>({
  name: 'snapshots.children',
  shape: ['string', 'number', 'number'],
  codec: textCodec,
});

/** Snapshots by the id of their files. */
export const idsTable = defineTable<readonly [snapshotter: string, id: number], string>({
  name: 'snapshots.ids',
  shape: ['string', 'number'],
  codec: textCodec,
});

/** High-water marks of the ids. */
export const reservedIdsTable = defineTable<readonly [snapshotter: string], number>({
  name: 'snapshots.reserved-ids',
  shape: ['string'],
  codec: numberCodec,
});

const NANOSECONDS = 1_000_000_000n;

const bareLayerCodec: Codec<BareLayer> = {
  encode: ({ mode, uid, gid, mtimeNs }, writer) => {
    writer.number(mode).number(uid).number(gid);
    writer.number(Number(mtimeNs / NANOSECONDS)).number(Number(mtimeNs % NANOSECONDS));
  },
  decode: (reader) => ({
    mode: reader.number(),
    uid: reader.number(),
    gid: reader.number(),
    mtimeNs: BigInt(reader.number()) * NANOSECONDS + BigInt(reader.number()),
  }),
};

/** Layers without content of which the record alone is known to be on disk; see `UnsynchronisedLayers`. */
export const bareLayersTable = defineTable<readonly [snapshotter: string, id: number], BareLayer>({
  name: 'snapshots.bare-layers',
  shape: ['string', 'number'],
  codec: bareLayerCodec,
});

/** The names of the snapshotters that have snapshots, in byte order. */
export function snapshottersInUse(tx: ReadTransaction): string[] {
  const opened = [...tx.range(reservedIdsTable)].map(({ key: [name] }) => name);
  return opened.filter((name) => [...tx.range(snapshotsTable, { prefix: [name], limit: 1 })].length > 0);
}

/** Every table of this room, for opening a store. */
export const snapshotTables = [snapshotsTable, childrenTable, idsTable, reservedIdsTable, bareLayersTable] as const;
