// The page with the newest table.
import { cellsOf, headings, round } from './cells.mjs';
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

What people do with snapshots, with Strata and with the containerd of Debian, each with its default settings unless the row
says otherwise. They take turns on one ext4 with a journal, which they have for themselves; a ratio is the median of those
of the rounds. Absolute times differ from machine to machine: judge by the ratios.

    ${command}

${table(
  ['', ''],
  Object.entries(machine).concat([
    ['date', date],
    ['rounds', rounds],
  ]),
)}

*Theirs* is containerd with its own overlayfs snapshotter. *Peer* is the same snapshotter in a process of its own, served by
containerd's own code for that: what containerd pays for any snapshotter that is not a part of it. Jobs, which are done by
\`ctr\`, are compared with the peer; calls, which are made by a program over containerd's own client, with theirs. Rows about
what a call takes beside something else compare it with our own calls before.

${table(headings, rows.map(cellsOf))}

${missedSection(rows)}## How it is measured

Each row is described by a file in \`bench/scenarios\`. A snapshot is based on one committed layer unless the row says
otherwise, and carries the label that keeps containerd from collecting it. What a caller mounts, it mounts itself, in the way
that the answer says. Our commits are on disk when they are answered, theirs are not; a containerd removes files when it
collects garbage, after its answer. Files that large layers are made of are empty. *While* rows compare calls that overlap
the commit or the removal with those before it, of the same callers; a removal ends when the files are gone. Images
are made by the benchmark. Before an image is removed, everything is written out to the disk.
`;
}

/** @param {readonly ComparedRow[]} rows */
function missedSection(rows) {
  const missed = rows.flatMap((row) => (row.miss !== undefined && row.miss > 0 ? [missedItem(row, row.miss)] : []));
  if (missed.length === 0) return '';
  return `## What is missed

${missed.join('\n')}

A profile names the functions in which our daemon's main thread spent most of the time that it was busy, without what they call. It is
from a round of its own, since it slows down what it looks at. What is called with a module of Node, such as \`writeBuffer\` of
\`node:fs\`, is Node's own code and holds the system calls that it makes; native code of libraries goes by the function
that calls it. \`npm run bench -- --scenario NAME --only ours --rounds 1 --profile DIR\` prints the thirty largest, and
leaves profiles that Chrome's developer tools and speedscope show as flame graphs.

`;
}

/** @param {ComparedRow} row @param {number} miss */
function missedItem(row, miss) {
  const { title, ratio, target, note } = row;
  const reached = ratio === undefined ? '' : ` ${round(ratio)} x,`;
  const costs = renderCosts(row);
  const further = [note, costs === '' ? undefined : `Profile: ${costs}.`].filter((text) => text !== undefined);
  return `- ${title}:${reached} target ${target}, missed by ${Math.ceil(100 * miss)} %. ${further.join(' ')}`.trimEnd();
}

/** @param {readonly string[]} head @param {readonly (readonly string[])[]} rows */
function table(head, rows) {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
