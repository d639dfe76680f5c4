/**
 * A process that is sent one disk after the other, starts Strata on each, and sends back what it found.
 *
 *     node verifier.js <directory of its own, with a short path>
 */
import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { checkRoot, resolveConfig } from '../../../src/daemon/index.js';
import { openStrata } from '../../../src/index.js';
import { filesOf } from '../power-cut/load.js';
import { observe, type Report } from '../power-cut/observation.js';
import { writeReplayConfiguration } from './configuration.js';
import type { Image } from './image.js';
import { makeDeadSocket, placeImage } from './place-image.js';

/** What was found on a disk. */
export type Verdict =
  | {
      readonly report: Report;
      /** The id that the next snapshot got. */
      readonly nextId: number;
    }
  /** Strata could not be started, or used. */
  | { readonly error: string };

const directory = process.argv[2] ?? '';
const config = path.join(directory, 'config.toml');
const deadSocket = path.join(directory, 'dead');

async function verify(image: Image): Promise<Verdict> {
  const disk = path.join(directory, 'disk');
  rmSync(disk, { recursive: true, force: true });
  mkdirSync(disk);
  placeImage(image, disk, deadSocket);
  try {
    return await start(path.join(disk, 'root'));
  } catch (error) {
    return { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

/** Starts Strata, lets it clean up, looks at everything, uses it, ends it, and has the root checked. */
async function start(root: string): Promise<Verdict> {
  const found = await look(root);
  let findings = '';
  for await (const event of checkRoot({ ...(await resolveConfig({ file: config })), root }, { level: 'deep' })) {
    if (event.type === 'finding') findings += `${event.finding.kind}: ${JSON.stringify(event.finding)}\n`;
  }
  return { report: { ...found.observation, findings }, nextId: found.nextId };
}

async function look(root: string) {
  await using strata = await openStrata({ root, config });
  const snapshotter = strata.snapshotter('overlayfs');
  // Waits for the recovery, which makes what is missing of active snapshots.
  await snapshotter.cleanup();
  const snapshots = path.join(root, 'io.containerd.snapshotter.v1.overlayfs', 'snapshots');
  const observation = await observe(snapshotter, snapshots);
  const namespaces = await strata.namespaces.list();
  if (namespaces.length === 0) await strata.namespaces.create({ name: 'default', labels: new Map() });
  const files = filesOf(await snapshotter.prepare({ key: 'the next one' }));
  return { observation, nextId: Number(path.basename(path.dirname(files))) };
}

writeReplayConfiguration(config);
await makeDeadSocket(deadSocket);
// One disk at a time.
let last: Promise<void> = Promise.resolve();
process.on('message', (image: Image) => {
  last = last.then(async () => {
    process.send?.(await verify(image));
  });
});
process.on('disconnect', () => process.exit(0));
process.send?.('ready');
