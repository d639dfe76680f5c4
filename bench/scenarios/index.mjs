// All scenarios, in the order in which they are run.
import { StepFailed } from '../../scripts/lib/run.mjs';
import { createScenarios } from './create.mjs';
import { listScenario, readScenarios } from './read.mjs';
import { scaleScenarios } from './scale.mjs';
import { stallScenarios } from './stall.mjs';

/** @typedef {import('./scenario.mjs').Scenario} Scenario */

/**
 * The scenarios that are asked for.
 * @param {{ scenarios: readonly string[], quick: boolean, full: boolean }} options
 * @returns {readonly Scenario[]}
 * @throws {StepFailed} When a name fits none.
 */
export function chooseScenarios({ scenarios: wanted, quick, full }) {
  const all = [
    ...createScenarios,
    ...readScenarios,
    listScenario({ quick }),
    ...stallScenarios,
    ...scaleScenarios({ full }),
  ];
  /** @param {Scenario} scenario @param {string} name */
  const fits = (scenario, name) => scenario.name.startsWith(name) || scenario.rows.some((row) => row.name === name);
  const unknown = wanted.find((name) => !all.some((scenario) => fits(scenario, name)));
  if (unknown !== undefined) {
    throw new StepFailed(`no scenario is called "${unknown}"; there are ${all.map(({ name }) => name).join(', ')}`);
  }
  if (wanted.length > 0) return all.filter((scenario) => wanted.some((name) => fits(scenario, name)));
  return quick ? all.filter((scenario) => scenario.quick === true) : all;
}
