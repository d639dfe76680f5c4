/**
 * The process that `restore.test.ts` kills: makes a backup of the store in a directory or takes one back, and dies at a point of that.
 *
 *     node restore.test.child.js backup|restore <directory> <backup> <point>
 */
import path from 'node:path';
import { dieAt } from '../../tests/support/die-at.js';
import { restoreStore } from './restore.js';
import { open } from './store.test.rig.js';

const [, , what, directory = '', backup = '', point = ''] = process.argv;
const faults = dieAt(point);
if (what === 'restore') await restoreStore({ backup, directory: path.join(directory, 'store'), faults });
else await (await open(directory, { faults })).backup(backup);
