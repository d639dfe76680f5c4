// Where our daemon spent its time, as text.

/** @typedef {import('./compare.mjs').ComparedRow} ComparedRow */

/**
 * The three largest costs of a row; nothing when it was not profiled. Rows that were measured together share theirs.
 * @param {ComparedRow} row
 */
export function renderCosts({ costs = [] }) {
  if (costs.some(({ share }) => Number.isNaN(share))) return '';
  return costs.map(({ share, name }) => `${(100 * share).toFixed(0)} % ${name}`).join(', ');
}
