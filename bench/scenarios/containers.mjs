// Containers of one image that are started at once.
import { images } from '../images/images.mjs';
import { atMost } from './goals.mjs';
import { settings, timed } from './image-job.mjs';
import { freshPrefix } from './scenario.mjs';

const count = 20;

/** See the head of this file. @type {import('./scenario.mjs').Scenario<import('../targets/job-target.mjs').JobTarget>} */
export const containers = {
  name: 'containers',
  quick: true,
  rounds: 5,
  rows: settings.map(({ side, suffix }) => ({
    name: `containers-${side}`,
    title: `${count} containers started at once, until the last runs; ${suffix}`,
    goal: atMost('seconds', 1, { against: 'peer' }),
    sample: 'containers',
    side,
  })),
  async setUp({ target }) {
    await target.importImage(images.busybox());
    await startAndRemove(target);
  },
  measure: async ({ target }) => ({ containers: await startAndRemove(target) }),
};

/** @param {import('../targets/job-target.mjs').JobTarget} target */
async function startAndRemove(target) {
  const prefix = freshPrefix('c');
  const ids = Array.from({ length: count }, (_, number) => `${prefix}-${number}`);
  const taken = await timed(() => Promise.all(ids.map((id) => target.run(images.busybox(), id))));
  await target.host.removeContainers();
  return taken;
}
