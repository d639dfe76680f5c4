import { AbortedError } from '../../errors/index.js';
import { hold, PreciseDate, release } from '../../snapshots/index.js';
import { type ReadTransaction, statement, type WriteTransaction } from '../../store/index.js';
import type { Image, ImageDetails } from '../api/index.js';

/** An image to record. */
export interface NewImage {
  readonly snapshotter: string;
  readonly namespace: string;
  readonly name: string;
  readonly digest: string;
  readonly mediaType: string;
  readonly manifest: Buffer;
  readonly config: Buffer;
  readonly platform: string;
  readonly layers: number;
  /** The name of the committed snapshot that is its top layer; undefined without layers. */
  readonly snapshot: string | undefined;
  /** Microseconds since 1970. */
  readonly now: number;
}

/** A recorded image, and where. */
export interface ImageRecord extends ImageDetails {
  readonly id: number;
  /** The id of its top layer; undefined without layers. */
  readonly snapshotId: number | undefined;
}

interface ImageRow {
  readonly id: number;
  readonly snapshotter: string;
  readonly name: string;
  readonly digest: string;
  readonly media_type: string;
  readonly platform: string;
  readonly layers: number;
  readonly created: number;
  readonly updated: number;
  readonly snapshot: number | null;
  readonly key: string | null;
  readonly size: number | null;
}

interface DetailsRow extends ImageRow {
  readonly manifest: Uint8Array;
  readonly config: Uint8Array;
}

/** The ids of a snapshot and of all below it, nearest first. */
const chainOf = `json_each('[' || s.id || iif(s.chain = '', '', ',' || s.chain) || ']')`;

const columns = `
  i.id, i.snapshotter, i.name, i.digest, i.media_type, i.platform, i.layers, i.created, i.updated, i.snapshot, s.key,
  (SELECT sum(c.size) FROM ${chainOf} j JOIN snapshots c ON c.id = j.value) AS size`;
const source = 'images i LEFT JOIN snapshots s ON s.id = i.snapshot';

const listRows = statement<ImageRow>(
  `SELECT ${columns} FROM ${source} WHERE i.namespace = ? ORDER BY i.name, i.snapshotter`,
);
const findRows = statement<DetailsRow>(
  `SELECT ${columns}, i.manifest, i.config FROM ${source} WHERE i.namespace = ? AND i.name = ? ORDER BY i.snapshotter`,
);
const chainKeys = statement<{ key: string }>(`
  SELECT c.key FROM snapshots s, ${chainOf} j JOIN snapshots c ON c.id = j.value WHERE s.id = ? ORDER BY j.key DESC`);
const findTop = statement<{ id: number }>(`
  SELECT id FROM snapshots WHERE snapshotter = ? AND namespace = ? AND key = ? AND kind = 'committed'`);
const findOld = statement<{ id: number; snapshot: number | null }>(
  'SELECT id, snapshot FROM images WHERE snapshotter = ? AND namespace = ? AND name = ?',
);
const putRow = statement(`
  INSERT INTO images (snapshotter, namespace, name, digest, media_type, manifest, config, platform, layers, snapshot, created, updated)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (snapshotter, namespace, name) DO UPDATE SET
    digest = excluded.digest, media_type = excluded.media_type, manifest = excluded.manifest, config = excluded.config,
    platform = excluded.platform, layers = excluded.layers, snapshot = excluded.snapshot, updated = excluded.updated`);
const deleteRow = statement('DELETE FROM images WHERE id = ?');
const addNamespace = statement('INSERT OR IGNORE INTO namespaces (name) VALUES (?)');

const holderOf = (name: string) => ({ kind: 'image', name });

/** The images of a namespace, in the byte order of their names. */
export function listImages(tx: ReadTransaction, namespace: string): Image[] {
  return tx.all(listRows, namespace).map(imageOf);
}

/** The images of this name, one in each snapshotter that has one. */
export function findImages(tx: ReadTransaction, namespace: string, name: string): ImageRecord[] {
  return tx.all(findRows, namespace, name).map((row) => ({
    ...imageOf(row),
    id: row.id,
    snapshotId: row.snapshot ?? undefined,
    chain: row.snapshot === null ? [] : tx.all(chainKeys, row.snapshot).map(({ key }) => key),
    mediaType: row.media_type,
    manifest: Buffer.from(row.manifest).toString(),
    config: Buffer.from(row.config).toString(),
  }));
}

/**
 * Records an image in the place of one of its name. Its top layer cannot be removed afterwards; that of the replaced one can.
 * @throws AbortedError when the top layer was removed meanwhile.
 */
export function putImage(tx: WriteTransaction, image: NewImage): void {
  const { snapshotter, namespace, name, now } = image;
  const top = image.snapshot === undefined ? null : topOf(tx, image, image.snapshot);
  const old = tx.get(findOld, snapshotter, namespace, name);
  if (old !== undefined && old.snapshot !== null) release(tx, old.snapshot, holderOf(name));
  tx.run(addNamespace, namespace);
  const documents = [image.digest, image.mediaType, image.manifest, image.config] as const;
  tx.run(putRow, snapshotter, namespace, name, ...documents, image.platform, image.layers, top, now, now);
  if (top !== null) hold(tx, top, holderOf(name));
}

function topOf(tx: ReadTransaction, { snapshotter, namespace, name }: NewImage, key: string): number {
  const top = tx.get(findTop, snapshotter, namespace, key);
  if (top === undefined) throw new AbortedError(`layer ${key} of image ${name} was removed while it was imported`);
  return top.id;
}

/** Deletes the record of an image; its layers can be removed then. */
export function deleteImage(tx: WriteTransaction, { id, name, snapshotId }: ImageRecord): void {
  tx.run(deleteRow, id);
  if (snapshotId !== undefined) release(tx, snapshotId, holderOf(name));
}

function imageOf(row: ImageRow): Image {
  const { name, snapshotter, digest, platform, layers, key, size, created, updated } = row;
  return {
    name,
    snapshotter,
    digest,
    platform,
    layers,
    snapshot: key ?? '',
    size: size ?? 0,
    created: new PreciseDate(created),
    updated: new PreciseDate(updated),
  };
}
