// All scenarios, in the order in which they are run.
import { StepFailed } from '../../scripts/lib/run.mjs';
import { besideCommit } from './beside-commit.mjs';
import { besideRemoval } from './beside-removal.mjs';
import { burst } from './burst.mjs';
import { containers } from './containers.mjs';
import { imageFiles } from './image-files.mjs';
import { imageLayers } from './image-layers.mjs';
import { list } from './list.mjs';
import { memory } from './memory.mjs';
import { mounts } from './mounts.mjs';
import { prepareRemove } from './prepare-remove.mjs';
import { million, scale } from './scale.mjs';
import { start } from './start.mjs';
import { stat } from './stat.mjs';
import { usage } from './usage.mjs';
import { writeCommitRemove } from './write-commit-remove.mjs';
import { writeRemove } from './write-remove.mjs';

/** @typedef {import('./scenario.mjs').Scenario} CallScenario */
/** @typedef {import('./scenario.mjs').Scenario<import('../targets/job-target.mjs').JobTarget>} JobScenario */

/**
 * @typedef {object} Chosen
 * @property {readonly JobScenario[]} jobs Through a containerd.
 * @property {readonly CallScenario[]} calls Straight at a daemon.
 */

/**
 * The large stores come last, since each goes on with what the one before it left, and the million after all, so that both
 * daemons have the same store before.
 * @param {{ quick: boolean, full: boolean }} options
 * @returns {Chosen}
 */
function allScenarios({ quick, full }) {
  const large = [scale, memory, start, ...(full ? [million] : [])];
  const beside = [besideCommit, besideRemoval, usage];
  return {
    jobs: [imageLayers, imageFiles, containers],
    calls: [
      ...writeRemove,
      ...writeCommitRemove,
      ...prepareRemove,
      ...stat,
      ...mounts,
      list({ quick }),
      burst,
      ...beside,
      ...large,
    ],
  };
}

/**
 * The scenarios that are asked for.
 * @param {{ scenarios: readonly string[], quick: boolean, full: boolean }} options
 * @returns {Chosen}
 * @throws {StepFailed} When a name fits none.
 */
export function chooseScenarios({ scenarios: wanted, quick, full }) {
  const all = allScenarios({ quick, full });
  const known = [...all.jobs, ...all.calls];
  /** @typedef {{ readonly name: string, readonly quick?: boolean, readonly rows: readonly { readonly name: string }[] }} Named */
  /** @param {Named} scenario @param {string} name */
  const fits = (scenario, name) => scenario.name.startsWith(name) || scenario.rows.some((row) => row.name === name);
  const unknown = wanted.find((name) => !known.some((scenario) => fits(scenario, name)));
  if (unknown !== undefined) {
    throw new StepFailed(`no scenario is called "${unknown}"; there are ${known.map(({ name }) => name).join(', ')}`);
  }
  /** @param {Named} scenario */
  const isChosen = (scenario) =>
    wanted.length > 0 ? wanted.some((name) => fits(scenario, name)) : !quick || scenario.quick === true;
  return { jobs: all.jobs.filter(isChosen), calls: all.calls.filter(isChosen) };
}
