/** Makes, commits and removes layers until it is killed; tells each layer that is there for good. */
import { writeSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { temporaryMount } from '../../linux/index.js';
import type { LocalSnapshotter } from '../../snapshots/index.js';
import { openAt } from './driver.test.rig.js';

async function makeLayer(snapshotter: LocalSnapshotter, name: string, parent: string): Promise<void> {
  const key = `make ${name}`;
  {
    await using mounted = await temporaryMount(await snapshotter.prepare({ key, parent }));
    await writeFile(path.join(mounted.path, name.replaceAll('/', '-')), name);
  }
  await snapshotter.commit({ key, name });
  writeSync(1, `${name}\n`);
}

async function main([directory = '', poolName = '', round = '']: readonly string[]): Promise<never> {
  const { snapshotter } = await openAt({ directory, poolName });
  for (let chain = 0; ; chain += 1) {
    // Two at once, each a layer with another above it and one that is removed again.
    await Promise.all(
      ['a', 'b'].map(async (lane) => {
        const base = `${round}/${lane}/${chain}/base`;
        await makeLayer(snapshotter, base, '');
        await makeLayer(snapshotter, `${round}/${lane}/${chain}/top`, base);
        await snapshotter.view({ key: `view ${base}`, parent: base });
        await snapshotter.remove(`view ${base}`);
      }),
    );
  }
}

await main(process.argv.slice(2));
