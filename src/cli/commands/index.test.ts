import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandEntries } from './index.js';

test('every command is listed under its own names', async () => {
  for (const { names, load } of commandEntries) {
    const { name, aliases = [] } = await load();
    assert.deepEqual(names, [name, ...aliases]);
  }
});

test('a snapshot stands before the directory that it goes to', async () => {
  const orders: string[] = [];
  for (const { load } of commandEntries) {
    const { name, arguments: given = [] } = { arguments: [], ...(await load()) };
    const words = given.map(({ syntax }) => syntax);
    if (words.length > 1 && words.some((word) => /dir|target|path/.test(word))) orders.push([name, ...words].join(' '));
  }
  assert.deepEqual(orders, ['mount <key> <dir>', 'mounts <key> <dir>']);
});
