/** The process that `killed.test.ts` kills: imports an image into the root in a directory, and dies at a point. */
import path from 'node:path';
import { openCheckedBackEnd } from '../../tests/support/checked-root.js';
import { dieAt } from '../../tests/support/die-at.js';
import { backEndOf } from '../../tests/support/killable-back-ends.js';
import { LocalImages } from './local-images.js';

const [directory = '', name = '', point = ''] = process.argv.slice(2);
const root = await openCheckedBackEnd(backEndOf(name), directory);
const images = await LocalImages.open({
  store: root.store,
  snapshotters: new Map([[root.name, root.snapshotter]]),
  defaultSnapshotter: root.name,
  directory: path.join(directory, 'images'),
  faults: dieAt(point),
});
await images.import({ source: path.join(directory, 'source') }, { namespace: 'default' });
