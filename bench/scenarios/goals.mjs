// What a row must reach.

/** @typedef {import('../report/sample.mjs').Field} Field */
/** @typedef {'theirs' | 'peer'} Other */

/**
 * What is compared, and what has to come of it.
 * @typedef {object} Goal
 * @property {string} text For people.
 * @property {Field} field The number that the row is about.
 * @property {Other | 'own'} against Whose number ours is divided by for the ratio: `own` is our own in other circumstances.
 * @property {(compared: { value: number | undefined, ratio: number | undefined }) => number | undefined} miss By which part
 *   of what it must reach it misses that; 0 or less when it is met, undefined when that cannot be told.
 */

/**
 * At least so many times their operations per second.
 * @param {number} factor
 * @returns {Goal}
 */
export function timesAsMany(factor) {
  return {
    text: `at least ${factor} x`,
    field: 'perSecond',
    against: 'theirs',
    miss: ({ ratio }) => (ratio === undefined ? undefined : 1 - ratio / factor),
  };
}

/**
 * At most so large a part of what another's is.
 * @param {Field} field
 * @param {number} factor
 * @param {{ text?: string, against?: Other }} [options]
 * @returns {Goal}
 */
export function atMost(field, factor, { text = `at most ${factor} x`, against = 'theirs' } = {}) {
  return { text, field, against, miss: ({ ratio }) => (ratio === undefined ? undefined : ratio / factor - 1) };
}

/**
 * At most so many times our own number in other circumstances.
 * @param {Field} field
 * @param {number} factor
 * @param {string} circumstances
 * @returns {Goal}
 */
export function atMostOwn(field, factor, circumstances) {
  return { ...atMost(field, factor, { text: `at most ${factor} x ${circumstances}` }), against: 'own' };
}

/**
 * At most this, whatever theirs is.
 * @param {Field} field
 * @param {number} limit
 * @param {string} text
 * @returns {Goal}
 */
export function below(field, limit, text) {
  return { text, field, against: 'theirs', miss: ({ value }) => (value === undefined ? undefined : value / limit - 1) };
}

/**
 * Nothing: the row is there for others to be compared with.
 * @param {Field} field
 * @returns {Goal}
 */
export function noGoal(field) {
  return { text: '', field, against: 'theirs', miss: () => undefined };
}
