// What a scenario is. Each is a file, and data; bench/run.mjs does what they say.

/** @typedef {import('../report/sample.mjs').Sample} Sample */
/** @typedef {import('../report/sample.mjs').Side} Side */
/** @typedef {import('../targets/target.mjs').Target} Target */
/** @typedef {import('../targets/job-target.mjs').JobTarget} JobTarget */
/** @typedef {import('./goals.mjs').Goal} Goal */

/** @typedef {Target | JobTarget} Subject */

/**
 * A line of the table.
 * @typedef {object} Row
 * @property {string} name
 * @property {string} title
 * @property {Goal} goal
 * @property {string} [sample] The name of what it is about, where that is not the row's.
 * @property {Side} [side] Which of ours it is about, where there are several.
 * @property {string | undefined} [note] What stops it when the goal is not met, as far as that was found out.
 */

/**
 * How much to do.
 * @typedef {object} Budget
 * @property {number} seconds How long to measure at a time.
 * @property {boolean} quick
 * @property {boolean} full
 */

/**
 * A run of one scenario with one of those that are compared.
 * @template {Subject} [T=Target]
 * @typedef {object} Run
 * @property {T} target
 * @property {string} namespace The scenario's own, which is empty at first.
 * @property {Budget} budget
 */

/**
 * @template {Subject} [T=Target]
 * @typedef {object} Scenario
 * @property {string} name
 * @property {boolean} [quick] Whether it is cheap enough for `--quick`.
 * @property {number} [rounds] How many are usual, when not three.
 * @property {boolean} [once] Whether there can be only one round.
 * @property {boolean} [kept] Whether what it made stays, for those behind it.
 * @property {boolean} [restarts] Whether it starts the daemon again.
 * @property {readonly Row[]} rows
 * @property {(run: Run<T>) => Promise<unknown>} [setUp] Once, before the first round.
 * @property {(run: Run<T>) => Promise<unknown>} [warmUp] Before each round.
 * @property {(run: Run<T>) => Promise<Readonly<Record<string, Sample>>>} measure A sample for each row, by its name.
 */

/** The committed snapshot that others are based on. */
export const base = 'base';

/** Makes the snapshot that others are based on. @param {Run} run */
export async function makeBase({ target, namespace }) {
  await target.request(namespace, { action: 'base', name: base });
}

/**
 * Makes snapshots to ask about, over the base.
 * @param {Run} run
 * @param {{ prefix: string, from?: number, to: number, groups?: number }} options
 */
export async function fill({ target, namespace }, options) {
  await target.request(namespace, { action: 'fill', from: 0, ...options, parent: base });
}

let loops = 0;

/**
 * The keys of a loop must be new ones each time.
 * @param {string} name
 */
export function freshPrefix(name) {
  loops += 1;
  return `${name}-${loops}`;
}

/** @param {number} count */
export const callersText = (count) => (count === 1 ? '1 caller' : `${count} callers`);
