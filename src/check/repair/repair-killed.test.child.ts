/** The process that `repair-killed.test.ts` kills: repairs the root in a directory, and dies at a point. */

import { openCheckedBackEnd, overlayBackEnd, runCheck } from '../../../tests/support/checked-root.js';
import { dieAt } from '../../../tests/support/die-at.js';

const [directory = '', point = ''] = process.argv.slice(2);
const root = await openCheckedBackEnd(overlayBackEnd(), directory);
const subject = { ...root.subject, faults: dieAt(point) };
await runCheck({ subject }, { level: 'deep', repair: { dryRun: false, dropDescendants: true } });
