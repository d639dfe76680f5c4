// How long one operation takes, by doing it many times.

/**
 * Something that can be done again and again.
 * @typedef {object} Subject
 * @property {string} group Which part of the program it belongs to.
 * @property {string} name What it does.
 * @property {number} [per] How many operations doing it once stands for; 1 by default.
 * @property {() => unknown} run Does it once; a promise is waited for.
 */

/**
 * What was measured of a subject.
 * @typedef {object} Measured
 * @property {string} group
 * @property {string} name
 * @property {number} nanoseconds For each operation: the median of the samples.
 * @property {number} perSecond Operations per second.
 */

const warmUpMs = 100;
const sampleMs = 50;
const samples = 5;
const nanosecondsPerMillisecond = 1e6;

/**
 * Measures one subject, in some tenths of a second.
 * @param {Subject} subject
 * @returns {Promise<Measured>}
 */
export async function measure({ group, name, per = 1, run }) {
  const repeat = run() instanceof Promise ? later(run) : atOnce(run);
  const warm = await forAWhile(repeat, warmUpMs, 1);
  const times = [];
  // As many at a time as take about a hundredth of a sample, so that looking at the clock costs nothing.
  const batch = Math.max(1, Math.round(sampleMs / 100 / warm));
  for (let sample = 0; sample < samples; sample += 1) times.push(await forAWhile(repeat, sampleMs, batch));
  times.sort((a, b) => a - b);
  const nanoseconds = ((times[Math.floor(samples / 2)] ?? Number.NaN) * nanosecondsPerMillisecond) / per;
  return { group, name, nanoseconds, perSecond: 1e9 / nanoseconds };
}

/** @param {() => unknown} run @returns {(count: number) => void} */
function atOnce(run) {
  return (count) => {
    for (let done = 0; done < count; done += 1) run();
  };
}

/** @param {() => unknown} run @returns {(count: number) => Promise<void>} */
function later(run) {
  return async (count) => {
    for (let done = 0; done < count; done += 1) await run();
  };
}

/**
 * Milliseconds for each time, on average.
 * @param {(count: number) => Promise<void> | void} repeat
 * @param {number} milliseconds
 * @param {number} batch
 */
async function forAWhile(repeat, milliseconds, batch) {
  const begin = performance.now();
  let [count, now] = [0, begin];
  while (now - begin < milliseconds) {
    await repeat(batch);
    count += batch;
    now = performance.now();
  }
  return (now - begin) / count;
}
