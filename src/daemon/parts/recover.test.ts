import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { LocalSnapshotter } from '../../snapshots/index.js';
import { Gate } from '../lifecycle/gate.js';
import { createLogger } from '../logging/logger.js';
import { recoverInBackground } from './recover.js';

it('begins to compare files and records when calls are answered, not before', async () => {
  let begun = 0;
  const report = { entries: 1, records: 2, deleted: 3, kept: 0, recreated: 0, unreadable: 0, failed: 0, missing: [] };
  const recover: LocalSnapshotter['recover'] = async () => {
    begun += 1;
    return report;
  };
  const exports = new Map<string, string>();
  const gate = new Gate();
  recoverInBackground({
    name: 'overlayfs',
    snapshotter: { recover },
    meta: { exports, capabilities: [], platforms: [] },
    logger: createLogger({ level: 'silent', format: 'json' }),
    answering: gate.opened,
  });
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(begun, 0);
  assert.equal(exports.get('recovery'), 'under way');
  gate.open();
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(begun, 1);
  assert.match(exports.get('recovery') ?? '', /^entries=1 records=2 deleted=3 /);
});
