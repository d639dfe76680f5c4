// Measures parts of this checkout by themselves, for those who change one of them: which of two versions is faster, and
// by how much. Nothing is judged.
import { mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { round } from '../report/cells.mjs';
import { describeMachine } from '../report/machine.mjs';
import { filterSubjects } from './filters.mjs';
import { http2Subjects } from './http2.mjs';
import { measure } from './measure.mjs';
import { messageSubjects } from './messages.mjs';
import { storeSubjects } from './store.mjs';

/** @typedef {import('./measure.mjs').Measured} Measured */

/**
 * Takes some ten seconds.
 * @param {{ readonly directory: string, readonly format: 'table' | 'json' }} options The directory is where the store is
 *   measured, in a new directory that is gone afterwards.
 * @returns {Promise<string>} What to print.
 */
export async function runMicro({ directory: parent, format }) {
  const directory = mkdtempSync(path.join(parent, 'strata-micro-'));
  try {
    const store = await storeSubjects(directory);
    try {
      const rows = [];
      for (const subject of [...store.subjects, ...filterSubjects, ...messageSubjects, ...http2Subjects]) {
        rows.push(await measure(subject));
      }
      return format === 'json' ? renderJson(rows, parent) : renderRows(rows);
    } finally {
      await store.close();
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** @param {readonly Measured[]} rows @param {string} directory */
function renderJson(rows, directory) {
  return `${JSON.stringify({ machine: describeMachine(directory), rows }, undefined, 2)}\n`;
}

/** @param {readonly Measured[]} rows */
function renderRows(rows) {
  const lines = [
    ['', 'operation', 'ns', 'per second'],
    ...rows.map(({ group, name, nanoseconds, perSecond }) => [group, name, round(nanoseconds), round(perSecond)]),
  ];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...lines.map((cells) => (cells[column] ?? '').length)));
  const text = lines.map((cells) =>
    cells
      .map((cell, column) => (column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
  return `${text.join('\n')}\n`;
}
