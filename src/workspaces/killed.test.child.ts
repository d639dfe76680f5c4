/** The process that `killed.test.ts` kills: freezes an active snapshot, and begins it again, in the root in a directory. */
import { openCheckedBackEnd } from '../../tests/support/checked-root.js';
import { dieAt } from '../../tests/support/die-at.js';
import { backEndOf } from '../../tests/support/killable-back-ends.js';

const [directory = '', name = '', point = ''] = process.argv.slice(2);
const root = await openCheckedBackEnd(backEndOf(name), directory, dieAt(point));
const call = { namespace: 'default' };
await root.local.freeze({ key: 'work', name: 'two' }, call);
await root.local.replace({ key: 'work', parent: 'one' }, call);
