// How long it takes to have a layer on disk, by each of the ways there are: what the choice in
// src/drivers/kit/layer-sync.ts and the tables of docs/durability.md are made of.
import { say } from '../../scripts/lib/run.mjs';
import { round } from '../report/cells.mjs';
import { describeMachine } from '../report/machine.mjs';
import { median } from '../report/sample.mjs';
import { makeWorkplace, removeWorkplace } from '../targets/workplace.mjs';
import { Ground } from './ground.mjs';
import { Threads } from './threads.mjs';
import { ways, waysTogether } from './ways.mjs';

/** @typedef {import('./ground.mjs').Layer} Layer */
/** @typedef {import('./ways.mjs').Way} Way */

/**
 * What is put on disk: layers that come at the same time, and what somebody else has just written.
 * @typedef {object} Load
 * @property {number} files In each layer.
 * @property {number} [bytes] Of each file.
 * @property {number} foreign Mebibytes.
 * @property {number} [layers]
 */

const usualBytes = 4096;
const mebibyte = 1024 ** 2;

/** @type {readonly Load[]} */
const alone = [
  ...[1, 10, 100, 1000, 10_000].map((files) => ({ files, foreign: 0 })),
  ...[1, 10, 100, 1000].map((files) => ({ files, foreign: 64 })),
  ...[1, 10, 100, 10_000].map((files) => ({ files, foreign: 512 })),
  { files: 1, bytes: 64 * mebibyte, foreign: 512 },
];

/** @type {readonly Load[]} */
const together = [0, 512].flatMap((foreign) => [1, 100].map((files) => ({ files, foreign, layers: 16 })));

/**
 * @param {{ readonly directory: string, readonly rounds: number | undefined }} options
 * @returns {Promise<string>} Two tables in Markdown, and what they are of.
 */
export async function runSync({ directory, rounds = 3 }) {
  const workplace = makeWorkplace(directory);
  const threads = await Threads.start(workplace);
  try {
    const ground = new Ground(workplace, threads);
    const machine = describeMachine(directory);
    const text = [
      `${machine['processor']}, ${machine['file system']}, ${machine['system']}; the median of ${rounds}, in milliseconds.`,
      await measured({ ground, threads, rounds }, alone, ways),
      'Sixteen layers at the same time:',
      await measured({ ground, threads, rounds }, together, waysTogether),
    ];
    return `${text.join('\n\n')}\n`;
  } finally {
    await threads.end();
    await removeWorkplace(workplace);
  }
}

/**
 * @param {{ ground: Ground, threads: Threads, rounds: number }} bench
 * @param {readonly Load[]} loads
 * @param {readonly Way[]} among
 */
async function measured(bench, loads, among) {
  const lines = [];
  for (const load of loads) {
    say(`${load.files} files, ${load.foreign} MiB of others`);
    const times = await timesOf(bench, load, among);
    const best = Math.min(...times);
    const cells = times.map((time) => (time === best ? `**${round(time)}**` : round(time)));
    lines.push([filesOf(load), load.foreign === 0 ? 'none' : `${load.foreign} MiB`, ...cells]);
  }
  const head = [loads === alone ? 'files' : 'files in each', 'foreign', ...among.map(({ title }) => title)];
  return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** @param {Load} load */
function filesOf({ files, bytes }) {
  return bytes === undefined ? files.toLocaleString('en') : `one of ${bytes / mebibyte} MiB`;
}

/**
 * The ways take turns, so that none of them always has the same thing before it.
 * @param {{ ground: Ground, threads: Threads, rounds: number }} bench
 * @param {Load} load
 * @param {readonly Way[]} among
 * @returns {Promise<number[]>} The median of each.
 */
async function timesOf({ ground, threads, rounds }, { files, bytes = usualBytes, foreign, layers = 1 }, among) {
  /** @type {number[][]} */
  const times = among.map(() => []);
  for (let turn = 0; turn < rounds; turn += 1) {
    for (const [index, { sync }] of among.entries()) {
      const made = await ground.prepare({ files, bytes, foreign, layers });
      const start = performance.now();
      await sync(made, threads);
      times[index]?.push(performance.now() - start);
      await ground.clear();
    }
  }
  return times.map(median);
}
