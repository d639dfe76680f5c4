// The table as text, cell by cell.

/** @typedef {import('./compare.mjs').ComparedRow} ComparedRow */
/** @typedef {import('./sample.mjs').Sample} Sample */

const megabyte = 1024 * 1024;

/** @type {readonly { heading: string, value: (sample: Sample) => number | undefined }[]} */
const measured = [
  { heading: 'ops/s', value: ({ perSecond }) => perSecond },
  { heading: 'p50 ms', value: ({ p50 }) => p50 },
  { heading: 'p99 ms', value: ({ p99 }) => p99 },
  { heading: 'worst ms', value: ({ worst }) => worst },
  { heading: 'CPU us/op', value: ({ processor }) => processor },
  { heading: 'MiB', value: ({ memory }) => (memory === undefined ? undefined : memory / megabyte) },
];

/** Above each column. Where a cell has two numbers, the first is ours. */
export const headings = ['scenario', ...measured.map(({ heading }) => heading), 'ratio', 'target', ''];

/**
 * The cells of a row.
 * @param {ComparedRow} row
 * @returns {string[]}
 */
export function cellsOf({ title, ours, theirs, ratio, target, met }) {
  const numbers = measured.map(({ value }) => pair(value, ours, theirs));
  return [title, ...numbers, ratio === undefined ? '' : `${round(ratio)} x`, target, verdict(met)];
}

/** @param {boolean | undefined} met */
function verdict(met) {
  if (met === undefined) return '';
  return met ? 'met' : 'not met';
}

/**
 * @param {(sample: Sample) => number | undefined} value
 * @param {Sample | undefined} ours
 * @param {Sample | undefined} theirs
 */
function pair(value, ours, theirs) {
  const texts = [ours, theirs].flatMap((sample) => (sample === undefined ? [] : (text(value(sample)) ?? [])));
  return texts.join(' / ');
}

/** @param {number | undefined} number */
function text(number) {
  return number === undefined || Number.isNaN(number) ? undefined : round(number);
}

/** Three digits, or all before the point. @param {number} number */
export function round(number) {
  if (number >= 100) return Math.round(number).toLocaleString('en');
  return number >= 10 ? number.toFixed(1) : number.toFixed(2);
}
