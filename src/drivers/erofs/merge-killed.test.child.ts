/**
 * The process that `merge-killed.test.ts` kills:
 *
 *     node merge-killed.test.child.js <root> <point>
 *
 * Makes a view over the layers 2 and 1, so that they are merged, and dies at the point.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { dieAt } from '../../../tests/support/die-at.js';
import { noContext, noLabels } from '../../snapshots/index.js';
import { openErofsDriver } from './index.js';

const [root = '', point = ''] = process.argv.slice(2);
const driver = await openErofsDriver({ root, maxUnmergedLayers: 1, faults: dieAt(point) });
await driver.create({ id: '3', kind: 'view', parentIds: ['2', '1'], labels: noLabels }, noContext);
// Closing would end the merge.
await sleep(60_000);
