import type { Filter, Selector } from '../../filters/index.js';
import type { ReadTransaction } from '../../store/index.js';
import { inheritedLabelPrefix } from '../api/labels.js';
import type { SnapshotRecords } from './snapshot-records.js';

/** When more snapshots than this may match, visiting all of them is as fast, and takes no memory. */
const maxCandidates = 20_000;

/** What an index can answer. */
type Lookup =
  | { readonly by: 'name'; readonly value: string }
  | { readonly by: 'parent'; readonly value: string }
  | { readonly by: 'label'; readonly label: string; readonly value: string | undefined };

/** Whose snapshots are looked for. */
export interface CandidateOptions {
  readonly records: SnapshotRecords;
  readonly namespace: string;
  readonly filter: Filter;
  /** Whether the driver shows labels, below `containerd.io/snapshot/`, that are not recorded. */
  readonly computesLabels: boolean;
}

/**
 * The keys of all snapshots that a filter can match, and maybe some more, in byte order; undefined when only a look at
 * every snapshot can tell. Each alternative of the filter is answered by the index that promises the fewest: the name,
 * the parent, a label's value, a label. (The kind divides the snapshots into three parts, too large to be worth an
 * index that every call would have to keep.)
 */
export function candidatesOf(tx: ReadTransaction, options: CandidateOptions): string[] | undefined {
  const lookups = options.filter.alternatives.map((selectors) => bestLookup(selectors, options));
  const needed = lookups.filter((lookup) => lookup !== undefined);
  if (needed.length === 0 || needed.length < lookups.length) return undefined;
  const keys = new Set<string>();
  for (const lookup of needed) {
    for (const key of find(tx, options, lookup)) keys.add(key);
    if (keys.size > maxCandidates) return undefined;
  }
  return inByteOrder(keys);
}

function bestLookup(selectors: readonly Selector[], options: CandidateOptions): Lookup | undefined {
  const lookups = selectors.map((selector) => lookupOf(selector, options)).filter((lookup) => lookup !== undefined);
  return lookups.sort((a, b) => rank(a) - rank(b))[0];
}

function lookupOf({ fieldpath, operator, value }: Selector, options: CandidateOptions): Lookup | undefined {
  const [field, ...rest] = fieldpath;
  if (field === 'name' && operator === '==') return { by: 'name', value };
  // Those without a parent are in no index.
  if (field === 'parent' && operator === '==' && value !== '') return { by: 'parent', value };
  if (field !== 'labels' || (operator !== '==' && operator !== 'present')) return undefined;
  const label = rest.join('.');
  if (options.computesLabels && label.startsWith(inheritedLabelPrefix)) return undefined;
  return { by: 'label', label, value: operator === '==' ? value : undefined };
}

function rank(lookup: Lookup): number {
  if (lookup.by === 'name') return 0;
  if (lookup.by === 'parent') return 1;
  return lookup.value === undefined ? 3 : 2;
}

function find(tx: ReadTransaction, { records, namespace }: CandidateOptions, lookup: Lookup): readonly string[] {
  const limit = maxCandidates + 1;
  if (lookup.by === 'name') return [lookup.value];
  if (lookup.by === 'parent') return records.keysByParent(tx, { namespace, key: lookup.value }, limit);
  return records.keysByLabel(tx, { namespace, label: lookup.label, value: lookup.value, limit });
}

function inByteOrder(keys: Iterable<string>): string[] {
  return [...keys]
    .map((key) => ({ key, bytes: Buffer.from(key) }))
    .sort((a, b) => Buffer.compare(a.bytes, b.bytes))
    .map(({ key }) => key);
}
