import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { renderFindingKinds } from './render-markdown.js';

test('docs/check.md lists every kind of finding and every remedy as they are', async () => {
  const page = await readFile(new URL('../../../docs/check.md', import.meta.url), 'utf8');
  assert.ok(page.includes(renderFindingKinds()), `put this into docs/check.md:\n${renderFindingKinds()}`);
});
