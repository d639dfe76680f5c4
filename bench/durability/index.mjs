// What each setting of `durability` costs: the same calls against daemons that differ in nothing else.
import path from 'node:path';
import { say } from '../../scripts/lib/run.mjs';
import { round } from '../report/cells.mjs';
import { describeMachine } from '../report/machine.mjs';
import { combine, median } from '../report/sample.mjs';
import { compilePrograms } from '../targets/go.mjs';
import { makeGround } from '../targets/ground.mjs';
import { interruptible } from '../targets/interruption.mjs';
import { strataIn } from '../targets/servers.mjs';
import { Target } from '../targets/target.mjs';
import { withUndo } from '../targets/undo.mjs';

/** @typedef {import('../options.mjs').Options} Options */
/** @typedef {import('../scenarios/scenario.mjs').Scenario} Scenario */
/** @typedef {import('../report/sample.mjs').Sample} Sample */
/** @typedef {import('../targets/undo.mjs').Undo} Undo */

const settings = /** @type {const} */ (['full', 'metadata', 'none']);

/** @typedef {{ readonly setting: (typeof settings)[number], readonly target: Target }} Subject */

const seconds = { usual: 3, quick: 1 };

/**
 * @param {readonly Scenario[]} scenarios Of one row each.
 * @param {Options} options
 * @returns {Promise<string>} A table in Markdown, and what it is of.
 */
export async function runDurability(scenarios, options) {
  await compilePrograms();
  const measured = (/** @type {AbortSignal} */ signal) =>
    withUndo(async (undo) => {
      const subjects = await start(options, undo);
      const lines = [];
      for (const scenario of scenarios) {
        signal.throwIfAborted();
        lines.push(await lineOf(scenario, subjects, options));
      }
      return lines;
    });
  const lines = await interruptible(measured);
  const machine = describeMachine();
  const head = ['operations per second, p50 in ms', ...settings, 'none to full'];
  const rows = [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`);
  return `${machine['processor']}, ${machine['file system']}, ${machine['system']}\n\n${rows.join('\n')}\n`;
}

/** @param {Options} options @param {Undo} undo @returns {Promise<Subject[]>} */
async function start({ directory: parent, strata }, undo) {
  const ground = await makeGround({ gibibytes: 16, parent, undo });
  const subjects = [];
  for (const setting of settings) {
    const directory = path.join(ground, setting);
    const launch = strataIn(
      directory,
      strata,
      `durability = "${setting}"
`,
    );
    const target = new Target({ side: 'ours', directory, launch });
    undo.add(() => target.stop());
    await target.start();
    subjects.push({ setting, target });
  }
  return subjects;
}

/** @param {Scenario} scenario @param {readonly Subject[]} subjects @param {Options} options */
async function lineOf(scenario, subjects, { rounds = 3, quick }) {
  say(`${scenario.name}, ${rounds} rounds`);
  const budget = { seconds: quick ? seconds.quick : seconds.usual, quick, full: false };
  const runs = subjects.map(({ target }) => ({ target, namespace: scenario.name, budget }));
  for (const run of runs) await scenario.setUp?.(run);
  /** @type {Sample[][]} */
  const samples = runs.map(() => []);
  for (let turn = 0; turn < rounds; turn += 1) {
    for (const [index, run] of runs.entries()) {
      await scenario.warmUp?.(run);
      samples[index]?.push((await scenario.measure(run))[scenario.name] ?? {});
      await run.target.settle();
    }
  }
  const ratios = (samples.at(-1) ?? []).map(
    (none, turn) => (none.perSecond ?? 0) / (samples[0]?.[turn]?.perSecond ?? 0),
  );
  return [scenario.rows[0]?.title ?? scenario.name, ...samples.map(cell), `${round(median(ratios))} x`];
}

/** @param {readonly Sample[]} samples */
function cell(samples) {
  const { perSecond = Number.NaN, p50 = Number.NaN } = combine(samples);
  return `${round(perSecond)}, ${round(p50)}`;
}
