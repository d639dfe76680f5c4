import type { Filter, Selector } from '../filters/index.js';
import type { ReadTransaction } from '../store/index.js';
import type { MetadataRecords } from './records.js';

/** When more snapshots than this may match, visiting all of them is as quick, and takes no memory. */
const maxCandidates = 20_000;

/** What an index can answer. */
type Lookup =
  | { readonly by: 'name'; readonly value: string }
  | { readonly by: 'parent'; readonly value: string }
  | { readonly by: 'label'; readonly label: string; readonly value: string | undefined };

/** How to choose. */
export interface CandidateOptions {
  /** Whether a label may be shown that the records do not have. */
  readonly isAdded: (label: string) => boolean;
}

/**
 * The keys of all snapshots that a filter can match, and maybe some more, in byte order; undefined when only a look at
 * every snapshot can tell. Each alternative of the filter is answered by the index that promises the fewest: the name,
 * the parent, a label's value, a label. (The kind divides the snapshots into three parts, too large to be worth an
 * index that every call would have to keep.)
 */
export function candidatesOf(
  tx: ReadTransaction,
  { filter, records, ...options }: CandidateOptions & { readonly filter: Filter; readonly records: MetadataRecords },
): string[] | undefined {
  const lookups = filter.alternatives.map((selectors) => bestLookup(selectors, options));
  const needed = lookups.filter((lookup) => lookup !== undefined);
  if (needed.length < lookups.length || !records.labels.isComplete(tx)) return undefined;
  const keys = new Set<string>();
  for (const lookup of needed) {
    for (const key of find(tx, records, lookup)) keys.add(key);
    if (keys.size > maxCandidates) return undefined;
  }
  return inByteOrder(keys);
}

function bestLookup(selectors: readonly Selector[], options: CandidateOptions): Lookup | undefined {
  const lookups = selectors.map((selector) => lookupOf(selector, options)).filter((lookup) => lookup !== undefined);
  return lookups.sort((a, b) => rank(a) - rank(b))[0];
}

function lookupOf({ fieldpath, operator, value }: Selector, { isAdded }: CandidateOptions): Lookup | undefined {
  const [field, ...rest] = fieldpath;
  if (field === 'name' && operator === '==') return { by: 'name', value };
  // Those without a parent are not linked anywhere.
  if (field === 'parent' && operator === '==' && value !== '') return { by: 'parent', value };
  if (field !== 'labels' || (operator !== '==' && operator !== 'present')) return undefined;
  const label = rest.join('.');
  if (isAdded(label)) return undefined;
  return { by: 'label', label, value: operator === '==' ? value : undefined };
}

function rank(lookup: Lookup): number {
  if (lookup.by === 'name') return 0;
  if (lookup.by === 'parent') return 1;
  return lookup.value === undefined ? 3 : 2;
}

function find(tx: ReadTransaction, records: MetadataRecords, lookup: Lookup): Iterable<string> {
  const limit = maxCandidates + 1;
  if (lookup.by === 'name') return [lookup.value];
  if (lookup.by === 'parent') return records.children(tx, lookup.value, limit);
  return records.labels.find(tx, { label: lookup.label, value: lookup.value, limit });
}

function inByteOrder(keys: Iterable<string>): string[] {
  return [...keys]
    .map((key) => ({ key, bytes: Buffer.from(key) }))
    .sort((a, b) => Buffer.compare(a.bytes, b.bytes))
    .map(({ key }) => key);
}
