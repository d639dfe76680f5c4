import assert from 'node:assert/strict';
import { test } from 'node:test';
import { placedOptions, renderPath } from './option.js';
import { renderMarkdown } from './render-markdown.js';
import { schema } from './schema.js';

const options = [...placedOptions(schema)];

test('the reference has a chapter for every setting, and is the same for everybody', () => {
  const page = renderMarkdown();
  for (const { path } of options) assert.ok(page.includes(`### \`${renderPath(path)}\`\n`), renderPath(path));
  assert.ok(page.includes('- Default: `"/var/lib/strata"` for root, otherwise `"$XDG_DATA_HOME/strata"`\n'));
  assert.ok(page.includes('- Default: `0` for root, otherwise that of the user\n'));
});

test('the reference does not depend on the machine that writes it', () => {
  for (const place of [process.cwd(), process.env['HOME'] ?? '/root']) {
    assert.equal(place.length > 1 && renderMarkdown().includes(place), false, place);
  }
});

test('the reference has one heading for each table that has settings, before its settings', () => {
  const headings = renderMarkdown()
    .split('\n')
    .filter((line) => /^##+ /.test(line));
  const tables = headings.filter((line) => line.startsWith('## '));
  assert.equal(new Set(tables).size, tables.length);
  for (const { path } of options.filter(({ path: { length } }) => length > 1)) {
    const table = headings.indexOf(`## \`[${renderPath(path.slice(0, -1))}]\``);
    const setting = headings.indexOf(`### \`${renderPath(path)}\``);
    assert.ok(table >= 0 && table < setting, renderPath(path));
  }
});
