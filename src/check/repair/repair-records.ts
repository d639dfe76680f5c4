import { type ReadTransaction, statement, type WriteTransaction } from '../../store/index.js';
import type { Found, Place } from '../scan/found.js';
import { chainByParents, checkRow, checkWhole } from '../scan/records.js';

const rewriteChain = statement(`UPDATE snapshots AS s SET chain = ${chainByParents} WHERE s.id = ?`);
const addNamespace = statement('INSERT INTO namespaces (name) VALUES (?)');
const raiseMark = statement(`
  INSERT INTO snapshot_ids (one, reserved) SELECT 1, max(id) FROM snapshots WHERE true
  ON CONFLICT (one) DO UPDATE SET reserved = excluded.reserved`);

/** Whether a finding in records is still there, in the view of a transaction. */
export function isStillThere(tx: ReadTransaction, { kind, remedy, place }: Found): boolean {
  const now = place.type === 'row' ? checkRow(tx, place.id) : checkWhole(tx);
  return now.some((other) => other.kind === kind && other.remedy === remedy && isSame(other.place, place));
}

function isSame(a: Place, b: Place): boolean {
  return a.type === b.type && (a.type !== 'namespace' || b.type !== 'namespace' || a.namespace === b.namespace);
}

/**
 * Repairs a finding in records by its remedy, after looking again, in the transaction that is given.
 * @returns false when it is not there any more.
 */
export function repairRecord(tx: WriteTransaction, found: Found): boolean {
  if (!isStillThere(tx, found)) return false;
  const { place } = found;
  if (place.type === 'row') tx.run(rewriteChain, Number(place.id));
  else if (place.type === 'namespace') tx.run(addNamespace, place.namespace);
  else if (place.type === 'mark') tx.run(raiseMark);
  return true;
}
