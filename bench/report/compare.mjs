// From what was measured round by round to one line of the table.
import { combine, median } from './sample.mjs';

/** @typedef {import('./sample.mjs').Sample} Sample */
/** @typedef {import('../scenarios/scenario.mjs').Row} Row */
/** @typedef {import('../run.mjs').Round} Round */

/**
 * @typedef {object} ComparedRow
 * @property {string} name
 * @property {string} title
 * @property {string} target What it must reach, for people.
 * @property {import('./sample.mjs').Field} field The number that the row is about.
 * @property {Sample | undefined} ours
 * @property {Sample | undefined} theirs
 * @property {number | undefined} ratio Of our number to theirs: the median of the rounds, each of which compared the two
 *   in immediate succession.
 * @property {readonly number[]} ratios Round by round.
 * @property {boolean | undefined} met Undefined when that cannot be told.
 * @property {string | undefined} note What stops it when it is not met.
 * @property {readonly import('../profile/summary.mjs').Cost[]} [costs] Where our daemon spent its time in the scenario of
 *   the row, when that was profiled.
 */

/**
 * @param {Row} row
 * @param {readonly Round[]} rounds
 * @returns {ComparedRow}
 */
export function compareRow({ name, title, goal, note }, rounds) {
  const { field } = goal;
  const ours = combined(rounds.flatMap((round) => round.ours?.[name] ?? []));
  const theirs = combined(rounds.flatMap((round) => round.theirs?.[name] ?? []));
  const ratios = rounds.flatMap((round) => {
    const [our, their] = [round.ours?.[name]?.[field], round.theirs?.[name]?.[field]];
    return our === undefined || their === undefined ? [] : our / their;
  });
  const ratio = ratios.length === 0 ? undefined : median(ratios);
  const met = ours === undefined ? undefined : goal.isMet({ ours, ratio });
  return { name, title, target: goal.text, note, field, ours, theirs, ratio, ratios, met };
}

/** @param {readonly Sample[]} samples */
function combined(samples) {
  return samples.length === 0 ? undefined : combine(samples);
}
