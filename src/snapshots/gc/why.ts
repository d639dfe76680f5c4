import type { ReadTransaction } from '../../store/index.js';
import type { KeptBy } from '../api/kept.js';
import { keepersOf } from './keepers.js';

/** More than anybody reads. */
const mostReasons = 1000;

/**
 * What keeps a snapshot, by the shortest way to each end. Costs what keeps it, however many there are beside it.
 * @param now Seconds since 1970.
 */
export function whyKept(tx: ReadTransaction, id: number, now: number): KeptBy[] {
  const found: KeptBy[] = [];
  const seen = new Set([id]);
  const waiting: { readonly id: number; readonly through: readonly string[] }[] = [{ id, through: [] }];
  for (let next = waiting.shift(); next !== undefined && found.length < mostReasons; next = waiting.shift()) {
    const { through } = next;
    for (const { why, name, by } of keepersOf(tx, next.id, now)) {
      if (by !== null) {
        if (!seen.has(by)) waiting.push({ id: by, through: [...through, name] });
        seen.add(by);
      } else if (why !== 'child' && why !== 'reference' && why !== 'back reference') found.push({ why, name, through });
    }
  }
  return found.slice(0, mostReasons);
}
