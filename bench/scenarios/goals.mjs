// What a row must reach.

/** @typedef {import('../report/sample.mjs').Sample} Sample */
/** @typedef {import('../report/sample.mjs').Field} Field */

/**
 * What is compared, and what has to come of it.
 * @typedef {object} Goal
 * @property {string} text For people.
 * @property {Field} field The number that the row is about.
 * @property {(compared: Compared) => boolean | undefined} isMet Undefined when that cannot be told.
 */

/**
 * @typedef {object} Compared
 * @property {Sample} ours
 * @property {number | undefined} ratio Of our number to theirs; undefined when theirs was not measured.
 */

/**
 * At least so many times their operations per second.
 * @param {number} factor
 * @returns {Goal}
 */
export function timesAsMany(factor) {
  return {
    text: `at least ${factor.toFixed(1)} x`,
    field: 'perSecond',
    isMet: ({ ratio }) => (ratio === undefined ? undefined : ratio >= factor),
  };
}

/**
 * At most so large a part of theirs.
 * @param {Field} field
 * @param {number} factor
 * @param {string} [text]
 * @returns {Goal}
 */
export function atMost(field, factor, text = `at most ${factor.toFixed(1)} x`) {
  return { text, field, isMet: ({ ratio }) => (ratio === undefined ? undefined : ratio <= factor) };
}

/**
 * At most so many times our own number in other circumstances.
 * @param {Field} field
 * @param {number} factor
 * @param {string} circumstances
 * @returns {Goal}
 */
export function atMostOwn(field, factor, circumstances) {
  return {
    text: `at most ${factor.toFixed(1)} x ${circumstances}`,
    field,
    isMet({ ours }) {
      const [value, reference] = [ours[field], ours.reference];
      return value === undefined || reference === undefined ? undefined : value <= factor * reference;
    },
  };
}

/**
 * At most this, whatever theirs is.
 * @param {Field} field
 * @param {number} limit
 * @param {string} text
 * @returns {Goal}
 */
export function below(field, limit, text) {
  return {
    text,
    field,
    isMet({ ours }) {
      const value = ours[field];
      return value === undefined ? undefined : value <= limit;
    },
  };
}

/**
 * Nothing: the row is there for others to be compared with.
 * @param {Field} field
 * @returns {Goal}
 */
export function noGoal(field) {
  return { text: '', field, isMet: () => undefined };
}
