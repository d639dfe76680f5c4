import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import test from 'node:test';
import { isSupported, oldestNode } from './node-version.js';

test('the oldest Node is the one of package.json', () => {
  const { engines } = createRequire(import.meta.url)('#package.json');
  assert.equal(engines.node, `>=${oldestNode}`);
});

test('versions are compared by their numbers', () => {
  for (const version of ['22.15.0', '22.15.1', '22.100.0', '24.0.0', '100.2.3'])
    assert.ok(isSupported(version), version);
  for (const version of ['22.14.9', '22.2.0', '20.20.2', '9.99.99']) assert.ok(!isSupported(version), version);
});
