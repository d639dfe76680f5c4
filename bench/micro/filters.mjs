// Filters: reading them, and asking whether a snapshot matches.
import { parseFilters } from '#strata/filters/index.js';

/** @typedef {import('./measure.mjs').Subject} Subject */

const group = 'filters';

const filters = [
  { what: 'a kind', filter: 'kind==active' },
  { what: 'a label', filter: 'labels."containerd.io/gc.root"==benchmark' },
  { what: 'three conditions', filter: 'kind==active,name~=^known-.*,labels.group!=g1' },
];

/** @type {Readonly<Record<string, string>>} */
const fields = { kind: 'active', name: 'known-00000042' };
const labels = new Map([
  ['containerd.io/gc.root', 'benchmark'],
  ['group', 'g7'],
]);

/** @param {readonly string[]} path */
const read = ([first = '', ...rest]) => (first === 'labels' ? labels.get(rest.join('.')) : fields[first]);

/** @type {readonly Subject[]} */
export const filterSubjects = filters.flatMap(({ what, filter }) => {
  const parsed = parseFilters([filter]);
  return [
    { group, name: `parse ${what}`, run: () => parseFilters([filter]) },
    { group, name: `match ${what}`, run: () => parsed.matches(read) },
  ];
});
