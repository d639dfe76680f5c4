import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandEntries } from './index.js';

test('every command is listed under its own names', async () => {
  for (const { names, load } of commandEntries) {
    const { name, aliases = [] } = await load();
    assert.deepEqual(names, [name, ...aliases]);
  }
});
