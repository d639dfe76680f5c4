/**
 * The process that `replace-killed.test.ts` kills:
 *
 *     node replace-killed.test.child.js <store> <file> <point>
 *
 * Makes a backup of the store in the file, or takes that file back, as the name of the point says, and dies there.
 */
import { dieAt } from '../../../tests/support/die-at.js';
import { left } from './crash.test.tables.js';
import { openLmdbStore } from './open.js';
import { restoreLmdbStore } from './restore.js';

const [path = '', file = '', point = ''] = process.argv.slice(2);
const faults = dieAt(point);

if (point.startsWith('restore.')) {
  await restoreLmdbStore({ path, file, table: left.name, now: new Date(), faults });
} else {
  await using store = await openLmdbStore({ path, tables: [left], faults });
  await store.backUp({ file });
}
