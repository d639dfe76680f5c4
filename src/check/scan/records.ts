/** What SQL does not guarantee about the rows of snapshots: one query for each question. */
import type { Kind } from '../../snapshots/index.js';
import { type ReadTransaction, type Statement, statement } from '../../store/index.js';
import type { FindingKind, Remedy } from '../findings/kinds.js';
import { type Found, found, quoted } from './found.js';
import type { IdRange } from './recorded.js';

/** A snapshot that a question is about, beside its parent. */
interface Row {
  readonly id: number;
  readonly snapshotter: string;
  readonly namespace: string;
  readonly key: string;
  readonly kind: Kind;
  readonly chain: string;
  readonly created: number;
  readonly updated: number;
  readonly parentId: number;
  readonly parentKey: string;
  readonly parentKind: Kind;
  readonly parentNamespace: string;
  readonly parentSnapshotter: string;
  readonly chainByParents: string | null;
}

interface Question {
  readonly kind: FindingKind;
  readonly statement: Statement<Row>;
  readonly message: (row: Row) => string;
  /** Undefined for the remedy that the kind has. */
  readonly remedy: (row: Row) => Remedy | undefined;
}

/** More than any chain has: a snapshot with so many ancestors has them in a circle. */
const longestChain = 10_000;

/** The chain of `s` as the parents say it, all the way down; NULL for a circle. */
export const chainByParents = `(
  WITH RECURSIVE below (depth, id, parent) AS (
    SELECT 1, b.id, b.parent FROM snapshots b WHERE b.id = s.parent
    UNION ALL
    SELECT depth + 1, b.id, b.parent FROM below JOIN snapshots b ON b.id = below.parent WHERE depth < ${longestChain})
  SELECT iif(max(depth) < ${longestChain}, group_concat(id, ',' ORDER BY depth), NULL) FROM below)`;

/** A parent without a row is none of these questions': a foreign key keeps it, and the store's own check looks for it. */
function ask(condition: string): Statement<Row> {
  return statement<Row>(`
    SELECT s.id, s.snapshotter, s.namespace, s.key, s.kind, s.chain, s.created, s.updated,
      p.id AS parentId, p.key AS parentKey, p.kind AS parentKind,
      p.namespace AS parentNamespace, p.snapshotter AS parentSnapshotter, ${chainByParents} AS chainByParents
    FROM snapshots s LEFT JOIN snapshots p ON p.id = s.parent
    WHERE s.id > ? AND s.id <= ? AND (${condition})
    ORDER BY s.id`);
}

// A chain that fits the parent's costs a comparison; only where two do not fit, the walk tells which of them is wrong.
const wrongChain = `iif(
  s.chain <> p.id || iif(p.chain = '', '', ',' || p.chain),
  s.chain IS NOT ${chainByParents},
  false)`;

/** The largest number of microseconds that every client can read: 2^53 - 1, in the year 2255. */
const latest = Number.MAX_SAFE_INTEGER;

const questions: readonly Question[] = [
  {
    kind: 'chain-differs',
    statement: ask(wrongChain),
    message: ({ chain, chainByParents: wanted }) =>
      `its chain is ${chain}, and by its parents ${wanted ?? 'it goes round in a circle'}`,
    // What was mounted is what the chain says; when it names another parent, nobody can tell which of the two is true.
    remedy: ({ chain, parentId, chainByParents: wanted }) =>
      wanted !== null && chain.split(',')[0] === String(parentId) ? undefined : 'none',
  },
  {
    kind: 'parent-elsewhere',
    statement: ask('p.snapshotter <> s.snapshotter OR p.namespace <> s.namespace'),
    message: ({ parentKey, parentSnapshotter, parentNamespace }) =>
      `its parent ${quoted(parentKey)} belongs to ${parentSnapshotter} and the namespace ${quoted(parentNamespace)}`,
    remedy: onlyOfLayers,
  },
  {
    kind: 'parent-not-committed',
    statement: ask("p.kind <> 'committed'"),
    message: ({ parentKey, parentKind }) => `its parent ${quoted(parentKey)} is ${parentKind}, not committed`,
    remedy: onlyOfLayers,
  },
  {
    kind: 'wrong-times',
    statement: ask(`s.created < 0 OR s.updated < s.created OR s.updated > ${latest}`),
    message: ({ created, updated }) => `it was made at ${created} and last changed at ${updated}`,
    remedy: () => undefined,
  },
];

/** Only a layer can be fetched again; what an active snapshot holds is its owner's. */
function onlyOfLayers({ kind }: Pick<Row, 'kind'>): Remedy | undefined {
  return kind === 'committed' ? undefined : 'none';
}

/** What is wrong with the rows of a range of ids. Takes some microseconds for each row. */
export function checkRows(tx: ReadTransaction, { after, last }: IdRange): Found[] {
  return questions.flatMap(({ kind, statement: question, message, remedy }) =>
    tx.all(question, after, last).map((row) => {
      const id = String(row.id);
      const { snapshotter, namespace, key } = row;
      const details = { snapshotter, namespace, key, id, message: message(row), remedy: remedy(row) };
      return found(kind, { type: 'row', id }, details);
    }),
  );
}

/** What is wrong with the row of one snapshot. */
export function checkRow(tx: ReadTransaction, id: string): Found[] {
  return checkRows(tx, { after: Number(id) - 1, last: Number(id) });
}

// Steps through the index from one namespace to the next, so that it takes as long as there are namespaces, not snapshots.
const unknownNamespaces = statement<{ namespace: string }>(`
  WITH RECURSIVE used (id) AS (
    SELECT (SELECT id FROM snapshots ORDER BY snapshotter, namespace LIMIT 1)
    UNION ALL
    SELECT coalesce(
      (SELECT n.id FROM snapshots n WHERE n.snapshotter = s.snapshotter AND n.namespace > s.namespace
       ORDER BY n.namespace LIMIT 1),
      (SELECT n.id FROM snapshots n WHERE n.snapshotter > s.snapshotter
       ORDER BY n.snapshotter, n.namespace LIMIT 1))
    FROM used JOIN snapshots s ON s.id = used.id)
  SELECT DISTINCT s.namespace FROM used JOIN snapshots s ON s.id = used.id
  WHERE s.namespace <> '' AND s.namespace NOT IN (SELECT name FROM namespaces)
  ORDER BY s.namespace`);

const markPassed = statement<{ id: number; reserved: number }>(`
  SELECT id, reserved FROM (SELECT max(id) AS id FROM snapshots),
    (SELECT coalesce((SELECT reserved FROM snapshot_ids), 0) AS reserved)
  WHERE id > reserved`);

/** What is wrong with the records as a whole. */
export function checkWhole(tx: ReadTransaction): Found[] {
  const namespaces = tx.all(unknownNamespaces).map(({ namespace }) => {
    const message = `there are snapshots in the namespace ${quoted(namespace)}, which has no record`;
    return found('missing-namespace', { type: 'namespace', namespace }, { namespace, message });
  });
  const mark = tx.all(markPassed).map(({ id, reserved }) => {
    const message = `the id ${id} is in use, and ${reserved} is the last that counts as given out`;
    return found('id-beyond-reserved', { type: 'mark' }, { id: String(id), message });
  });
  return [...namespaces, ...mark];
}
