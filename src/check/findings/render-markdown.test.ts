import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { checkout } from '../../../tests/support/paths.js';
import { renderFindingKinds } from './render-markdown.js';

test('docs/check.md lists every kind of finding and every remedy as they are', async () => {
  const page = await readFile(path.join(checkout, 'docs', 'check.md'), 'utf8');
  assert.ok(page.includes(renderFindingKinds()), `put this into docs/check.md:\n${renderFindingKinds()}`);
});
