import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { root } from './lib/project.mjs';

test('the package: its entries are what its name gives', async () => {
  const { connect, openStrata } = await import('strata-snapshotter');
  const { testSnapshotter } = await import('strata-snapshotter/testing');
  for (const entry of [connect, openStrata, testSnapshotter]) assert.equal(typeof entry, 'function');
});

test('the package: holds compiled sources, and neither tests, nor source maps, nor notes of the build', () => {
  const packed = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: root,
    encoding: 'utf8',
  });
  /** @type {string[]} */
  const files = JSON.parse(packed)[0].files.map((/** @type {{ path: string }} */ { path }) => path);
  const compiled = files.filter((file) => file.startsWith('dist/'));
  assert.ok(compiled.includes('dist/index.js') && compiled.includes('dist/index.d.ts'));
  assert.deepEqual(
    compiled.filter((file) => !/\.(js|d\.ts)$/.test(file) || file.includes('.test.')),
    [],
  );
  const others = files.filter((file) => !file.startsWith('dist/')).map((file) => file.replace(/\/.*/, ''));
  assert.deepEqual([...new Set(others)].sort(), ['LICENSE', 'README.md', 'bin', 'contrib', 'docs', 'package.json']);
});
