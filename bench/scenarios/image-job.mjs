// An image that is imported and removed, through a containerd.
import { atMost } from './goals.mjs';

/** @typedef {import('../images/images.mjs').Image} Image */
/** @typedef {import('../targets/job-target.mjs').JobTarget} JobTarget */
/** @typedef {import('./scenario.mjs').Row} Row */

/** With which settings ours is measured, and what they are called. */
export const settings = /** @type {const} */ ([
  { side: 'metadata', suffix: 'durability = "metadata"' },
  { side: 'full', suffix: 'durability = "full"' },
]);

/**
 * @param {object} options
 * @param {string} options.name
 * @param {string} options.of What the image is, for people.
 * @param {() => Image} options.image
 * @param {Readonly<Record<'metadata' | 'full', number>>} options.factors How many times the time of the same snapshotter behind
 *   a socket an import may take.
 * @param {boolean} [options.quick]
 * @returns {import('./scenario.mjs').Scenario<JobTarget>}
 */
export function imageJob({ name, of, image, factors, quick = false }) {
  /** @param {'import' | 'remove'} sample @param {string} title @param {(side: 'metadata' | 'full') => number} factor */
  const rows = (sample, title, factor) =>
    settings.map(({ side, suffix }) => ({
      name: `${name}-${sample}-${side}`,
      title: `${title}, ${of}; ${suffix}`,
      goal: atMost('seconds', factor(side), { against: 'peer' }),
      sample,
      side,
    }));
  return {
    name,
    quick,
    rounds: 5,
    rows: [
      ...rows('import', 'ctr images import', (side) => factors[side]),
      ...rows('remove', 'ctr images rm --sync', () => 1),
    ],
    // A first time for each, which has to load what is needed, and to read the archive.
    setUp: (run) => importAndRemove(run.target, image()),
    measure: (run) => importAndRemove(run.target, image()),
  };
}

/** @param {JobTarget} target @param {Image} image */
async function importAndRemove(target, image) {
  // What an earlier removal has left to delete is gone.
  await target.settle();
  const imported = await timed(() => target.importImage(image));
  // What was written is on disk before it is removed, as it is where an image has been for some time.
  await target.settle();
  return { import: imported, remove: await timed(() => target.removeImage(image)) };
}

/** @param {() => Promise<unknown>} job */
export async function timed(job) {
  const start = performance.now();
  await job();
  return { seconds: (performance.now() - start) / 1000 };
}
