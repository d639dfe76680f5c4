// What was measured, and how several measurements become one.

/**
 * Those who are compared: a containerd with its own snapshotter, the same snapshotter behind a socket, ours with its
 * default settings, and ours with each setting of `durability`.
 * @typedef {'theirs' | 'peer' | 'ours' | 'metadata' | 'full'} Side
 */

/** @param {Side} side */
export function isOurs(side) {
  return side !== 'theirs' && side !== 'peer';
}

/**
 * One measurement of one row. Which numbers there are depends on the row.
 * @typedef {object} Sample
 * @property {number} [operations] How many it is of.
 * @property {number} [seconds] How long a whole job took.
 * @property {number} [perSecond] Operations per second.
 * @property {number} [mean] Milliseconds.
 * @property {number} [p50] Milliseconds that half of the operations did not exceed.
 * @property {number} [p99] Milliseconds.
 * @property {number} [worst] Milliseconds.
 * @property {number} [processor] Microseconds of the daemon's processor time for each operation.
 * @property {number} [memory] Bytes that the daemon has of memory.
 * @property {number} [anonymous] Bytes of these that are no mapped files.
 * @property {number} [reference] What the row's own number is compared with, in the same unit.
 * @property {number} [event] Seconds that the slow thing took which happened meanwhile.
 */

/** @typedef {keyof Sample} Field */

/** @type {readonly Field[]} */
export const fields = [
  'operations',
  'seconds',
  'perSecond',
  'mean',
  'p50',
  'p99',
  'worst',
  'processor',
  'memory',
  'anonymous',
  'reference',
  'event',
];

/**
 * The middle one; between the two in the middle when they are even in number.
 * @param {readonly number[]} values At least one.
 */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length / 2;
  const low = sorted[Math.ceil(half) - 1] ?? Number.NaN;
  const high = sorted[Math.floor(half)] ?? Number.NaN;
  return (low + high) / 2;
}

/**
 * The rounds as one: the median of each number, but the worst of all for the worst.
 * @param {readonly Sample[]} samples At least one.
 * @returns {Sample}
 */
export function combine(samples) {
  /** @type {Sample} */
  const combined = {};
  for (const field of fields) {
    const values = samples.flatMap((sample) => sample[field] ?? []);
    if (values.length > 0) combined[field] = field === 'worst' ? Math.max(...values) : median(values);
  }
  return combined;
}
