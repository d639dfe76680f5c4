import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { liesInOneJournal } from './one-journal.js';

describe('liesInOneJournal', () => {
  it('is not so where there is no block device, or nothing; layer-sync.test.ts has ext4 with and without', () => {
    for (const path of ['/proc', '/dev/shm', '/no/such']) assert.equal(liesInOneJournal(path), false);
  });
});
