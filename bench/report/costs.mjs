// Where our daemon spent its time, as lines of text.

/** @typedef {import('./compare.mjs').ComparedRow} ComparedRow */

/**
 * A line for each row that was profiled: its three largest costs. Rows that were measured together share theirs.
 * @param {readonly ComparedRow[]} rows
 * @returns {string[]}
 */
export function renderCosts(rows) {
  return rows.flatMap(({ title, costs }) =>
    costs === undefined || costs.some(({ share }) => Number.isNaN(share))
      ? []
      : `${title}: ${costs.map(({ share, name }) => `${(100 * share).toFixed(0)} % ${name}`).join(', ')}`,
  );
}
