/**
 * The records of the metadata layer, as they lie in the store.
 *
 *     namespaces                  [namespace]                                       labels
 *     metadata.snapshots          [namespace, snapshotter, key]                     number, back end key, parent, times, labels
 *     metadata.children           [namespace, snapshotter, parent number, number]   the child's key
 *     metadata.numbers            [namespace, snapshotter]                          the last number given out
 *     metadata.labels             [namespace, snapshotter, hash of the label,
 *                                  hash of its value, number]                       the key of the snapshot that has it
 *     metadata.indexed            [namespace, snapshotter]                          the version of a complete index of labels
 *     metadata.references         [snapshotter, back end key]                       how many records stand for it, kept for
 *                                                                                   back ends that several may share
 *
 * A snapshot's *number* is unique in its namespace and snapshotter and part of its key in the back end,
 * `<namespace>/<number>/<key>` (containerd: core/metadata/snapshot.go). A change of this layout needs a migration.
 */

import { InternalError } from '../errors/index.js';
import type { Labels } from '../snapshots/index.js';
import { type Codec, defineTable, numberCodec, textCodec } from '../store/index.js';

/** A snapshot as a namespace knows it. Kind, files and usage are the back end's to tell. */
export interface MetadataRecord {
  readonly number: number;
  readonly backendKey: string;
  /** The parent's name in this namespace; empty for none. */
  readonly parent: string;
  /** The parent's number; 0 for none. */
  readonly parentNumber: number;
  /** Microseconds since 1970. */
  readonly created: number;
  readonly updated: number;
  readonly labels: Labels;
}

const metadataCodec: Codec<MetadataRecord> = {
  encode(record, writer) {
    writer.number(record.number).text(record.backendKey).text(record.parent).number(record.parentNumber);
    writer.number(record.created).number(record.updated).map(record.labels);
  },
  decode: (reader) => ({
    number: reader.number(),
    backendKey: reader.text(),
    parent: reader.text(),
    parentNumber: reader.number(),
    created: reader.number(),
    updated: reader.number(),
    labels: reader.map(),
  }),
};

const labelsCodec: Codec<Labels> = {
  encode: (labels, writer) => void writer.map(labels),
  decode: (reader) => reader.map(),
};

/** Namespaces and their labels. */
export const namespacesTable = defineTable<readonly [namespace: string], Labels>({
  name: 'namespaces',
  shape: ['string'],
  codec: labelsCodec,
});

/** Snapshots by namespace, snapshotter and key. */
export const metadataTable = defineTable<
  readonly [namespace: string, snapshotter: string, key: string],
  MetadataRecord
>({ name: 'metadata.snapshots', shape: ['string', 'string', 'string'], codec: metadataCodec });

/** What a record begins with, for those who need no more of it. */
export interface MetadataHead {
  readonly number: number;
  readonly backendKey: string;
}

/** The beginnings of the records of {@link metadataTable}, to be read only: a fraction of the work. */
export const metadataHeadsTable = defineTable<
  readonly [namespace: string, snapshotter: string, key: string],
  MetadataHead
>({
  name: metadataTable.name,
  shape: metadataTable.shape,
  codec: {
    encode: () => {
      throw new InternalError('the beginning of a record cannot be written alone');
    },
    decode: (reader) => ({ number: reader.number(), backendKey: reader.text() }),
  },
});

/** Which snapshots stand on which, by number. */
export const metadataChildrenTable = defineTable<
  readonly [namespace: string, snapshotter: string, parentNumber: number, number: number],
  string
>({ name: 'metadata.children', shape: ['string', 'string', 'number', 'number'], codec: textCodec });

/** The last number given out. Its presence says that the namespace has used the snapshotter. */
export const numbersTable = defineTable<readonly [namespace: string, snapshotter: string], number>({
  name: 'metadata.numbers',
  shape: ['string', 'string'],
  codec: numberCodec,
});

/** Which snapshots have which labels. */
export const labelIndexTable = defineTable<
  readonly [namespace: string, snapshotter: string, label: number, value: number, number: number],
  string
>({ name: 'metadata.labels', shape: ['string', 'string', 'number', 'number', 'number'], codec: textCodec });

/** Where the index of labels speaks of every snapshot. */
export const indexedTable = defineTable<readonly [namespace: string, snapshotter: string], number>({
  name: 'metadata.indexed',
  shape: ['string', 'string'],
  codec: numberCodec,
});

/** How many records stand for a snapshot of a back end that namespaces may share. */
export const referencesTable = defineTable<readonly [snapshotter: string, backendKey: string], number>({
  name: 'metadata.references',
  shape: ['string', 'string'],
  codec: numberCodec,
});

/** Every table of this room, for opening a store. */
export const metadataTables = [
  namespacesTable,
  metadataTable,
  metadataChildrenTable,
  numbersTable,
  labelIndexTable,
  indexedTable,
  referencesTable,
] as const;
