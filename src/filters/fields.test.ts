import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordFields } from './fields.js';

test('reads of a record what containerd lets filters see', () => {
  const read = recordFields({ id: 'l1', empty: '' }, new Map([['a.b', 'c']]));
  assert.equal(read(['id']), 'l1');
  assert.equal(read(['labels', 'a', 'b']), 'c');
  assert.equal(read(['labels']), undefined);
  assert.equal(read(['empty']), undefined);
  assert.equal(read(['toString']), undefined);
  assert.equal(recordFields({})(['labels', 'a']), undefined);
});
