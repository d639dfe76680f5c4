// The table for a terminal.
import { cellsOf, headings } from './cells.mjs';
import { renderCosts } from './costs.mjs';

/** @typedef {import('./compare.mjs').ComparedRow} ComparedRow */

/**
 * @param {readonly ComparedRow[]} rows
 * @returns {string}
 */
export function renderTable(rows) {
  const lines = [headings, ...rows.map(cellsOf)];
  const widths = headings.map((_, column) => Math.max(...lines.map((cells) => (cells[column] ?? '').length)));
  const text = lines.map((cells) =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
  const judged = rows.filter(({ met }) => met !== undefined);
  const met = judged.filter((row) => row.met === true).length;
  const costs = renderCosts(rows);
  const profile =
    costs.length === 0 ? '' : `\nour daemon's largest costs, of its main thread's time:\n${costs.join('\n')}\n`;
  return `${text.join('\n')}\n\nwhere there are two numbers, the first is ours; ${met} of ${judged.length} targets met\n${profile}`;
}
