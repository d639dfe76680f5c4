// Measures every back end of this checkout, each on a file system of its own, and makes a table of it.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { StepFailed, say } from '../../scripts/lib/run.mjs';
import { missingPackages, provideSystemPackages } from '../../scripts/lib/system-packages.mjs';
import { round } from '../report/cells.mjs';
import { makeGround } from '../targets/ground.mjs';
import { interruptible } from '../targets/interruption.mjs';
import { withUndo } from '../targets/undo.mjs';
import { measure } from './measure.mjs';
import { subjects } from './subjects.mjs';

/** @typedef {import('./subjects.mjs').Subject} Subject */
/** @typedef {import('./measure.mjs').Costs} Costs */
/** @typedef {import('../targets/undo.mjs').Undo} Undo */
/** @typedef {{ subject: Subject, costs: Costs } | { subject: Subject, problem: string }} Row */

const needed = ['e2fsprogs', 'xfsprogs', 'btrfs-progs', 'erofs-utils'];
const mebibyte = 1024 ** 2;

/** Room for ten whole copies of the layer, and some. */
const gibibytes = 4;

/**
 * @param {{ readonly directory: string }} options
 * @returns {Promise<string>} A table in Markdown.
 */
export async function runBackEnds({ directory }) {
  if (process.getuid?.() !== 0) throw new StepFailed('measuring back ends needs root, to mount file systems');
  await provideSystemPackages({ names: needed, purpose: 'measuring back ends', without: 'some are left out' });
  const missing = missingPackages(needed);
  if (missing.length > 0) say(`missing: ${missing.join(' ')}`);
  return interruptible(async (signal) => {
    const rows = [];
    for (const subject of subjects) {
      signal.throwIfAborted();
      say(`${subject.name} on ${subject.fileSystem}`);
      rows.push(await row(subject, directory));
    }
    return renderRows(rows);
  });
}

/** @param {Subject} subject @param {string} parent @returns {Promise<Row>} */
async function row(subject, parent) {
  try {
    return await withUndo(async (undo) => {
      const root = await makeGround({ type: subject.fileSystem, gibibytes, parent, undo });
      return { subject, costs: await open(subject, { root, undo }) };
    });
  } catch (error) {
    return { subject, problem: error instanceof Error ? error.message : String(error) };
  }
}

/** @param {Subject} subject @param {{ root: string, undo: Undo }} place */
async function open(subject, { root, undo }) {
  const { openStrata } = await import('../../dist/index.js');
  const config = path.join(root, 'config.toml');
  const store = path.join(root, 'strata');
  mkdirSync(store);
  writeFileSync(config, `snapshotter = ${JSON.stringify(subject.name)}\n${subject.settings?.(root) ?? ''}`);
  const strata = await openStrata({ root: store, config });
  undo.add(() => strata.close());
  const report = strata.reports.find(({ type, id }) => type === 'io.containerd.snapshotter.v1' && id === subject.name);
  if (report?.status !== 'ok') throw new Error(report?.error?.message ?? 'there is no such back end');
  return measure(strata.snapshotter(), root);
}

const headings = [
  'back end',
  'on',
  'Prepare ms',
  'Commit ms',
  'Remove ms',
  'files gone ms',
  'layer MiB',
  'snapshot MiB',
];

/** @param {readonly Row[]} rows */
function renderRows(rows) {
  const lines = [headings, headings.map(() => '---'), ...rows.map(cells)];
  return `${lines.map((line) => `| ${line.join(' | ')} |`).join('\n')}\n`;
}

/** @param {Row} row */
function cells(row) {
  const { name, fileSystem } = row.subject;
  if ('problem' in row) return [name, fileSystem, `not measured: ${row.problem}`, '', '', '', '', ''];
  const { prepare, commit, remove, gone, layer, snapshot } = row.costs;
  const times = [prepare, commit, remove, gone].map(round);
  return [name, fileSystem, ...times, ...[layer, snapshot].map((bytes) => round(Math.max(0, bytes) / mebibyte))];
}
