// The table for a terminal.
import { cellsOf, headings } from './cells.mjs';
import { renderCosts } from './costs.mjs';

/** @typedef {import('./compare.mjs').ComparedRow} ComparedRow */

/** How many of the columns are text, before and after those with numbers. */
const left = new Set([0, headings.length - 2, headings.length - 1]);

/**
 * @param {readonly ComparedRow[]} rows
 * @returns {string}
 */
export function renderTable(rows) {
  const lines = [headings, ...rows.map(cellsOf)];
  const widths = headings.map((_, column) => Math.max(...lines.map((cells) => (cells[column] ?? '').length)));
  const text = lines.map((cells) =>
    cells
      .map((cell, column) => (left.has(column) ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
  const judged = rows.flatMap(({ miss }) => miss ?? []);
  const met = judged.filter((miss) => miss <= 0).length;
  const costs = rows.flatMap((row) => {
    const cost = renderCosts(row);
    return cost === '' ? [] : [`${row.title}: ${cost}`];
  });
  const profile =
    costs.length === 0 ? '' : `\nour daemon's largest costs, of its main thread's time:\n${costs.join('\n')}\n`;
  return `${text.join('\n')}\n\n${met} of ${judged.length} targets met\n${profile}`;
}
