// From what was measured round by round to one line of the table.
import { combine, median } from './sample.mjs';

/** @typedef {import('./sample.mjs').Sample} Sample */
/** @typedef {import('./sample.mjs').Side} Side */
/** @typedef {import('../scenarios/scenario.mjs').Row} Row */
/** @typedef {import('../profile/summary.mjs').Cost} Cost */

/** @typedef {Readonly<Partial<Record<Side, Readonly<Record<string, Sample>>>>>} Round What was measured in one round. */
/** @typedef {Readonly<Partial<Record<Side, readonly Cost[]>>>} CostsOfSides Where each of ours spent its time. */

/**
 * @typedef {object} ComparedRow
 * @property {string} name
 * @property {string} title
 * @property {string} target What it must reach, for people.
 * @property {import('./sample.mjs').Field} field The number that the row is about.
 * @property {Sample | undefined} theirs
 * @property {Sample | undefined} peer
 * @property {Sample | undefined} ours
 * @property {number | undefined} ratio Of our number to what it is compared with: the median of the rounds, each of which
 *   compared the two in immediate succession.
 * @property {readonly number[]} ratios Round by round.
 * @property {number | undefined} miss By which part it misses what it must reach; undefined when that cannot be told.
 * @property {string | undefined} note What stops it when it misses that.
 * @property {readonly Cost[] | undefined} costs Where our daemon spent its time in the scenario of the row, when that was
 *   profiled.
 */

/**
 * @param {Row} row
 * @param {readonly Round[]} rounds
 * @param {CostsOfSides} costs
 * @returns {ComparedRow}
 */
export function compareRow({ name, title, goal, note, sample = name, side = 'ours' }, rounds, costs) {
  const { field, against } = goal;
  /** @param {Side} which */
  const combined = (which) => {
    const samples = rounds.flatMap((round) => round[which]?.[sample] ?? []);
    return samples.length === 0 ? undefined : combine(samples);
  };
  const ratios = rounds.flatMap((round) => {
    const our = round[side]?.[sample];
    const other = against === 'own' ? our?.reference : round[against]?.[sample]?.[field];
    return our?.[field] === undefined || other === undefined ? [] : our[field] / other;
  });
  const ours = combined(side);
  const ratio = ratios.length === 0 ? undefined : median(ratios);
  return {
    name,
    title,
    target: goal.text,
    field,
    theirs: combined('theirs'),
    peer: combined('peer'),
    ours,
    ratio,
    ratios,
    miss: goal.miss({ value: ours?.[field], ratio }),
    note,
    costs: costs[side],
  };
}
