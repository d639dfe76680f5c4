// Measures every back end of this checkout, each on a file system of its own, and makes a table of it.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { StepFailed, say } from '../../scripts/lib/run.mjs';
import { missingPackages, provideSystemPackages } from '../../scripts/lib/system-packages.mjs';
import { round } from '../report/cells.mjs';
import { Undo } from '../targets/undo.mjs';
import { makeWorkplace, removeWorkplace } from '../targets/workplace.mjs';
import { mountFileSystem } from './file-system.mjs';
import { measure } from './measure.mjs';
import { subjects } from './subjects.mjs';

/** @typedef {import('./subjects.mjs').Subject} Subject */
/** @typedef {import('./measure.mjs').Costs} Costs */
/** @typedef {{ subject: Subject, costs: Costs } | { subject: Subject, problem: string }} Row */

const needed = ['e2fsprogs', 'xfsprogs', 'btrfs-progs', 'erofs-utils'];
const mebibyte = 1024 ** 2;

/**
 * @param {{ readonly directory: string }} options
 * @returns {Promise<string>} A table in Markdown.
 */
export async function runBackEnds({ directory }) {
  if (process.getuid?.() !== 0) throw new StepFailed('measuring back ends needs root, to mount file systems');
  await provideSystemPackages({ names: needed, purpose: 'measuring back ends', without: 'some are left out' });
  const missing = missingPackages(needed);
  if (missing.length > 0) say(`missing: ${missing.join(' ')}`);
  const rows = [];
  for (const subject of subjects) {
    say(`${subject.name} on ${subject.fileSystem}`);
    rows.push(await row(subject, directory));
  }
  return renderRows(rows);
}

/** @param {Subject} subject @param {string} parent @returns {Promise<Row>} */
async function row(subject, parent) {
  const undo = new Undo();
  const workplace = makeWorkplace(parent);
  undo.add(() => removeWorkplace(workplace));
  try {
    const { root, unmount } = await mountFileSystem(subject.fileSystem, workplace);
    undo.add(unmount);
    return { subject, costs: await open(subject, { workplace, root, undo }) };
  } catch (error) {
    return { subject, problem: error instanceof Error ? error.message : String(error) };
  } finally {
    await undo.run();
  }
}

/** @param {Subject} subject @param {{ workplace: string, root: string, undo: Undo }} place */
async function open(subject, { workplace, root, undo }) {
  const { openStrata } = await import('../../dist/index.js');
  const config = path.join(workplace, 'config.toml');
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
