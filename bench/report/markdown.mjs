// The page with the newest table.
import { cellsOf, headings } from './cells.mjs';
import { renderCosts } from './costs.mjs';

/** @typedef {import('./compare.mjs').ComparedRow} ComparedRow */
/** @typedef {import('./machine.mjs').Machine} Machine */

/**
 * @param {{ rows: readonly ComparedRow[], machine: Machine, date: string, command: string, rounds: string }} result
 * @returns {string}
 */
export function renderMarkdown({ rows, machine, date, command, rounds }) {
  return `# Benchmarks

<!-- Written by ${command}; run that instead of editing this. -->

Strata and the containerd of Debian, each with its default settings and its own overlayfs snapshotter, side by side on one
file system. Both are driven by the same program, \`bench/load\`, which uses containerd's own Go client; they take turns,
and a ratio is the median of those of the rounds. Absolute times differ from machine to machine: judge by the ratios.

    ${command}

${table(
  ['', ''],
  Object.entries(machine).concat([
    ['date', date],
    ['rounds', rounds],
  ]),
)}

Where a cell has two numbers, the first is ours, the second containerd's. *CPU* is the daemon's processor time for each
operation, user and system, all threads; *MiB* is its resident memory when the row had been measured.

${table(headings, rows.map(cellsOf))}

${notesSection(rows)}${costsSection(rows)}How each row is measured is described by \`bench/scenarios\`. A snapshot stands on one committed layer unless the row says
otherwise, and carries the label that keeps containerd from collecting it. One operation of *Prepare + Remove* is a round
of both calls. Files that large layers are made of are empty. *While* rows compare calls that overlap the commit or the
removal with those before it, of the same callers. A removal ends when the files are gone; containerd is told to collect
its garbage for that. *Start* is measured from starting the process to its first answer.
`;
}

/** @param {readonly ComparedRow[]} rows */
function notesSection(rows) {
  const notes = rows.flatMap(({ title, met, note }) =>
    met === false && note !== undefined ? `- ${title}: ${note}` : [],
  );
  return notes.length === 0 ? '' : `## What stops what is not met\n\n${notes.join('\n')}\n\n`;
}

/** @param {readonly ComparedRow[]} rows */
function costsSection(rows) {
  const costs = renderCosts(rows);
  if (costs.length === 0) return '';
  return `## Where the time goes

The three functions in which our daemon's main thread spent most of the time that it was busy, what they call left out. Each is
from a round of its own, since a profile slows down what it looks at. Rows that are measured together share a profile.
What is called with a module of Node, such as \`writeBuffer\` of \`node:fs\`, is Node's own code and holds the system calls
that it makes; native code of libraries goes by the function that calls it.

${costs.map((line) => `- ${line}`).join('\n')}

\`npm run bench -- --scenario NAME --only ours --rounds 1 --profile DIR\` prints the thirty largest, alone and with what they
call, and leaves \`DIR/NAME.cpuprofile\`, which Chrome's developer tools and speedscope show as a flame graph.

## How it is measured

`;
}

/** @param {readonly string[]} head @param {readonly (readonly string[])[]} rows */
function table(head, rows) {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
