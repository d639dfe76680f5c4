// The table as text, cell by cell.

/** @typedef {import('./compare.mjs').ComparedRow} ComparedRow */
/** @typedef {import('./sample.mjs').Sample} Sample */
/** @typedef {import('./sample.mjs').Field} Field */

const megabyte = 1024 * 1024;

/** How a number is shown, where it is not one of milliseconds. @type {Partial<Record<Field, (value: number) => string>>} */
const shown = {
  perSecond: (value) => `${round(value)}/s`,
  seconds: (value) => `${round(value)} s`,
  memory: (value) => `${round(value / megabyte)} MiB`,
};

/** Above each column. */
export const headings = ['', 'theirs', 'peer', 'ours', 'ratio', 'target', ''];

/**
 * The cells of a row.
 * @param {ComparedRow} row
 * @returns {string[]}
 */
export function cellsOf({ title, field, theirs, peer, ours, ratio, target, miss }) {
  const numbers = [theirs, peer, ours].map((sample) => textOf(sample, field));
  return [title, ...numbers, ratio === undefined ? '' : `${round(ratio)} x`, target, verdict(miss)];
}

/** @param {Sample | undefined} sample @param {Field} field */
function textOf(sample, field) {
  const value = sample?.[field];
  if (value === undefined || Number.isNaN(value)) return '';
  return shown[field]?.(value) ?? `${round(value)} ms`;
}

/** @param {number | undefined} miss */
function verdict(miss) {
  if (miss === undefined) return '';
  return miss <= 0 ? 'met' : `missed by ${Math.ceil(100 * miss)} %`;
}

/** Three digits, or all before the point. @param {number} number */
export function round(number) {
  if (number >= 100) return Math.round(number).toLocaleString('en');
  return number >= 10 ? number.toFixed(1) : number.toFixed(2);
}
