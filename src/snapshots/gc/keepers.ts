import { type ReadTransaction, statement } from '../../store/index.js';

/** What keeps a snapshot from being collected. */
export interface Keeper {
  /**
   * `caller`: it was made without a lease, and stays until somebody removes it. `root`: a label `containerd.io/gc.root`.
   * `time`: its label `containerd.io/gc.expire` says so. `lease`: a lease that has not expired. `child`: a snapshot that is
   * based on it. `reference`: a label of another snapshot names it. `back reference`: a label of its own names another.
   * `image`: an image has it as its top layer.
   */
  readonly why: 'caller' | 'root' | 'time' | 'lease' | 'child' | 'reference' | 'back reference' | 'image';
  /** Which label, lease, snapshot or image. */
  readonly name: string;
  /** The snapshot that does, which has to be kept itself; null when nothing else matters. */
  readonly by: number | null;
  /** Whether it is a flat lease, which keeps nothing that labels of this snapshot refer to. */
  readonly flat: 0 | 1;
}

/** The snapshotter that a label such as `containerd.io/gc.ref.snapshot.overlayfs/layer.1` names. */
const snapshotterOf = (prefix: string) =>
  `substr(l.key, ${prefix.length + 1}, CASE instr(substr(l.key, ${prefix.length + 1}), '/')
     WHEN 0 THEN length(l.key) ELSE instr(substr(l.key, ${prefix.length + 1}), '/') - 1 END)`;

const referencePrefix = 'containerd.io/gc.ref.snapshot.';
const backReferencePrefix = 'containerd.io/gc.bref.snapshot.';

/** A label with this prefix: '/' is the character behind '.', 'u' the one behind 't'. */
const isRoot = `l.key >= 'containerd.io/gc.root' AND l.key < 'containerd.io/gc.roou'`;
const isReference = `l.key >= '${referencePrefix}' AND l.key < 'containerd.io/gc.ref.snapshot/'`;
const isBackReference = `l.key >= '${backReferencePrefix}' AND l.key < 'containerd.io/gc.bref.snapshot/'`;

/** A label of this key that names the snapshotter of `t`, with or without something behind a slash. */
const namesSnapshotter = (prefix: string) =>
  `(l.key = '${prefix}' || t.snapshotter
    OR l.key >= '${prefix}' || t.snapshotter || '/' AND l.key < '${prefix}' || t.snapshotter || '0')`;

/** Whether a label 'containerd.io/gc.expire' lies in the past. What cannot be read as a time does not. */
const hasPassed = (label: string) => `coalesce(unixepoch(${label}.value, 'subsec') <= moment.now, 0)`;

const sets = `
  moment (now) AS (SELECT ?),
  expired (snapshot) AS (
    SELECT e.snapshot FROM snapshot_labels e, moment WHERE e.key = 'containerd.io/gc.expire' AND ${hasPassed('e')}),
  live_leases (namespace, id, flat) AS (
    SELECT n.namespace, n.id, EXISTS (
      SELECT 1 FROM lease_labels f
      WHERE f.namespace = n.namespace AND f.lease = n.id AND f.key = 'containerd.io/gc.flat')
    FROM leases n WHERE NOT EXISTS (
      SELECT 1 FROM lease_labels e, moment
      WHERE e.namespace = n.namespace AND e.lease = n.id AND e.key = 'containerd.io/gc.expire' AND ${hasPassed('e')}))`;

/**
 * The ids of the snapshots that nothing keeps, those on top of others first. `marked` begins with the roots and follows
 * parents, references and back references; from a flat lease only parents (containerd: core/metadata/gc.go). Those of a
 * containerd in front are its own to collect.
 */
export const unkeptSnapshots = statement<{ id: number }>(`
  WITH RECURSIVE ${sets},
  marked (snapshot, flat) AS (
    SELECT s.id, 0 FROM snapshots s
    WHERE s.id NOT IN (SELECT snapshot FROM collectable_snapshots) AND s.id NOT IN (SELECT snapshot FROM expired)
    UNION
    SELECT l.snapshot, 0 FROM snapshot_labels l WHERE ${isRoot} AND l.snapshot NOT IN (SELECT snapshot FROM expired)
    UNION
    SELECT l.snapshot, 0 FROM snapshot_labels l, moment
    WHERE l.key = 'containerd.io/gc.expire' AND NOT ${hasPassed('l')}
    UNION
    SELECT s.id, n.flat FROM live_leases n
    JOIN lease_resources r ON r.namespace = n.namespace AND r.lease = n.id AND r.type > 'snapshots/' AND r.type < 'snapshots0'
    JOIN snapshots s ON s.snapshotter = substr(r.type, 11) AND s.namespace = r.namespace AND s.key = r.resource
    UNION
    SELECT snapshot, 0 FROM snapshot_holds
    UNION
    SELECT s.parent, m.flat FROM marked m JOIN snapshots s ON s.id = m.snapshot WHERE s.parent IS NOT NULL
    UNION
    SELECT t.id, 0 FROM marked m
    JOIN snapshot_labels l ON l.snapshot = m.snapshot AND ${isReference}
    JOIN snapshots h ON h.id = m.snapshot
    JOIN snapshots t ON t.snapshotter = ${snapshotterOf(referencePrefix)} AND t.namespace = h.namespace AND t.key = l.value
    WHERE m.flat = 0
    UNION
    SELECT h.id, 0 FROM marked m
    JOIN snapshots t ON t.id = m.snapshot
    JOIN snapshot_labels l ON ${namesSnapshotter(backReferencePrefix)} AND l.value = t.key
    JOIN snapshots h ON h.id = l.snapshot AND h.namespace = t.namespace
    WHERE m.flat = 0
  )
  SELECT s.id FROM (SELECT snapshot FROM collectable_snapshots UNION SELECT snapshot FROM expired) AS candidates
  JOIN snapshots s ON s.id = candidates.snapshot
  WHERE s.namespace <> '' AND s.id NOT IN (SELECT snapshot FROM marked)
  ORDER BY length(s.chain) - length(replace(s.chain, ',', '')) + (s.chain <> '') DESC, s.id DESC
  LIMIT ?`);

/** Whether there is anything that could go, kept or not: nothing else is looked for where nobody takes leases. */
export const hasCandidates = statement<{ found: 0 | 1 }>(`
  SELECT EXISTS (SELECT 1 FROM collectable_snapshots)
    OR EXISTS (SELECT 1 FROM snapshot_labels WHERE key = 'containerd.io/gc.expire') AS found`);

const keepers = statement<Keeper>(`
  WITH ${sets}, target AS (SELECT * FROM snapshots WHERE id = ?)
  SELECT 'caller' AS why, '' AS name, NULL AS by, 0 AS flat FROM target t
  WHERE t.id NOT IN (SELECT snapshot FROM collectable_snapshots) AND t.id NOT IN (SELECT snapshot FROM expired)
  UNION ALL
  SELECT 'root', l.key, NULL, 0 FROM target t JOIN snapshot_labels l ON l.snapshot = t.id AND ${isRoot}
  WHERE t.id NOT IN (SELECT snapshot FROM expired)
  UNION ALL
  SELECT 'time', l.value, NULL, 0 FROM moment, target t JOIN snapshot_labels l ON l.snapshot = t.id
  WHERE l.key = 'containerd.io/gc.expire' AND NOT ${hasPassed('l')}
  UNION ALL
  SELECT 'lease', r.lease, NULL, n.flat FROM target t
  JOIN lease_resources r ON r.namespace = t.namespace AND r.type = 'snapshots/' || t.snapshotter AND r.resource = t.key
  JOIN live_leases n ON n.namespace = r.namespace AND n.id = r.lease
  UNION ALL
  SELECT h.kind, h.name, NULL, 0 FROM target t JOIN snapshot_holds h ON h.snapshot = t.id
  UNION ALL
  SELECT 'child', c.key, c.id, 0 FROM target t JOIN snapshots c ON c.parent = t.id
  UNION ALL
  SELECT 'reference', h.key, h.id, 0 FROM target t
  JOIN snapshot_labels l ON ${namesSnapshotter(referencePrefix)} AND l.value = t.key
  JOIN snapshots h ON h.id = l.snapshot AND h.namespace = t.namespace AND h.id <> t.id
  UNION ALL
  SELECT 'back reference', k.key, k.id, 0 FROM target t
  JOIN snapshot_labels l ON l.snapshot = t.id AND ${isBackReference}
  JOIN snapshots k ON k.snapshotter = ${snapshotterOf(backReferencePrefix)} AND k.namespace = t.namespace AND k.key = l.value
    AND k.id <> t.id`);

/** Everything that keeps a snapshot by itself. @param now Seconds since 1970. */
export function keepersOf(tx: ReadTransaction, id: number, now: number): Keeper[] {
  return tx.all(keepers, now, id);
}

/**
 * Whether a snapshot is kept, as `unkeptSnapshots` has it, asked from the other end: costs what keeps it, however many there are.
 * @param now Seconds since 1970.
 */
export function isKept(tx: ReadTransaction, id: number, now: number): boolean {
  const asked = new Set<string>();
  const ask = (snapshot: number, flatSuffices: boolean): boolean => {
    const question = `${snapshot} ${flatSuffices}`;
    if (asked.has(question)) return false;
    asked.add(question);
    return keepersOf(tx, snapshot, now).some(({ why, by, flat }) =>
      by === null ? flatSuffices || flat === 0 : ask(by, flatSuffices && why === 'child'),
    );
  };
  return ask(id, true);
}

/** Takes the leases away whose time has passed. */
export const deleteExpiredLeases = statement(`
  DELETE FROM leases AS n WHERE EXISTS (
    SELECT 1 FROM lease_labels e, (SELECT ? AS now) AS moment
    WHERE e.namespace = n.namespace AND e.lease = n.id AND e.key = 'containerd.io/gc.expire' AND ${hasPassed('e')})`);

/** When the next lease or snapshot expires, in seconds since 1970; null for none. */
export const nextExpiry = statement<{ next: number | null }>(`
  SELECT min(unixepoch(value, 'subsec')) AS next FROM (
    SELECT value FROM lease_labels WHERE key = 'containerd.io/gc.expire'
    UNION ALL SELECT value FROM snapshot_labels WHERE key = 'containerd.io/gc.expire')
  WHERE unixepoch(value, 'subsec') > ?`);
