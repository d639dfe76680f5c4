/**
 * The process that `kill-points.test.ts` kills: goes through the steps, and tells on standard output where it is.
 *
 *     node kill-points.test.child.js <directory> <pool> [<point> <count>]
 *
 * It dies at a point when it passes that for so many times; without one it says which points it passes.
 */
import { writeSync } from 'node:fs';
import { checkDeep, namespaced } from '../../../tests/support/over-driver.js';
import type { FaultPoint, FaultPoints } from '../../base/index.js';
import { openAt } from './driver.test.rig.js';
import { mountsOf, steps, type World } from './kill-points.test.steps.js';

function say(...words: readonly (string | number)[]): void {
  writeSync(1, `${words.join(' ')}\n`);
}

function pointsOf([point, count]: readonly string[]): FaultPoints {
  let left = Number(count);
  return {
    reach: (passed: FaultPoint) => {
      if (point === undefined) say('passed', passed);
      if (passed !== point || --left > 0) return;
      say('died', passed);
      process.kill(process.pid, 'SIGKILL');
    },
  };
}

async function main([directory = '', poolName = '', ...death]: readonly string[]): Promise<void> {
  const faults = pointsOf(death);
  await using opened = await openAt({ directory, poolName }, { faults, fileList: true });
  await opened.snapshotter.recover();
  const world: World = {
    snapshotter: namespaced(opened),
    directory: mountsOf(directory),
    mounted: new Map(),
    check: () => checkDeep(opened, { directory }),
  };
  for (const [index, step] of steps.entries()) {
    say('begin', index);
    await step.run(world);
    say('end', index);
  }
}

await main(process.argv.slice(2));
