import assert from 'node:assert/strict';
import { it } from 'node:test';
import { infoFields } from './info-fields.js';
import { labelsOf } from './labels.js';
import { PreciseDate } from './time.js';

it('filters see the name, the parent, the kind and the labels of a snapshot, and nothing else', () => {
  const now = new PreciseDate(0);
  const labels = labelsOf({ 'a.b/c': '1' });
  const read = infoFields({ name: 'n', parent: '', kind: 'active', created: now, updated: now, labels });
  assert.deepEqual([['name'], ['parent'], ['kind']].map(read), ['n', '', 'active']);
  assert.equal(read(['labels', 'a.b/c']), '1');
  assert.equal(read(['labels', 'a', 'b/c']), '1');
  for (const path of [['labels', 'x'], ['labels'], ['created'], []]) assert.equal(read(path), undefined);
});
