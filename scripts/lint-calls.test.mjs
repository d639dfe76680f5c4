import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forbiddenCalls } from './lint-calls.mjs';

test('mkdir with `recursive` is found, in every way to write it', () => {
  const calls = [
    'await mkdir(directory, { recursive: true, mode: 0o700 });',
    'fs.mkdirSync(join(root, name), { recursive });',
    'mkdir(\n  path,\n  {\n    mode: modeOf(kind),\n    recursive: true,\n  },\n)',
  ];
  for (const call of calls)
    assert.deepEqual(
      forbiddenCalls(`\n${call}`).map(({ line }) => line),
      [2],
      call,
    );
});

test('reading a file of /proc to utf8 by readFileSync is found', () => {
  for (const file of ["'/proc/self/mountinfo'", '`/proc/self/comm`']) {
    const found = forbiddenCalls(`readFileSync('/etc/fstab', 'utf8');\nreadFileSync(${file}, 'utf8').trim()`);
    assert.deepEqual(
      found.map(({ line }) => line),
      [2],
      file,
    );
  }
});

test('other calls are not', () => {
  const source =
    'mkdirSync(path, 0o700);\nrm(path, { recursive: true });\nmkdir(join(a, b)); readdir(a, { recursive: true });readFileSync("/proc/self/maps")';
  assert.deepEqual(forbiddenCalls(source), []);
});
