import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { directoryCalls } from '../linux/index.js';
import { namesInDirectory } from './directory-names.js';

function directory(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'strata-names-'));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

function linkOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    // That of the listing itself.
    return '';
  }
}

async function all(names: AsyncIterable<string>): Promise<string[]> {
  const found: string[] = [];
  for await (const name of names) found.push(name);
  return found;
}

for (const [how, calls] of [
  ['by system calls of our own', directoryCalls],
  ["by Node's functions", () => undefined],
] as const) {
  describe(`the names in a directory, ${how}`, () => {
    it('are all there, once, when they are more than fit into one answer', async (t) => {
      const path = directory(t);
      const names = Array.from({ length: 1500 }, (_, number) => `${number}`.padEnd(120, 'ä'));
      for (const name of names) writeFileSync(join(path, name), '');
      mkdirSync(join(path, '...'));
      const found = await all(namesInDirectory(path, calls));
      assert.deepEqual(found.sort(), [...names, '...'].sort());
    });

    it('are none in an empty directory, and an error where there is no directory', async (t) => {
      const path = directory(t);
      assert.deepEqual(await all(namesInDirectory(path, calls)), []);
      await assert.rejects(all(namesInDirectory(join(path, 'missing'), calls)), { code: 'ENOENT' });
    });

    it('leave nothing open when they are not all wanted', async (t) => {
      const path = directory(t);
      for (const name of ['a', 'b', 'c']) writeFileSync(join(path, name), '');
      const open = () => readdirSync('/proc/self/fd').filter((fd) => linkOf(fd) === path);
      for await (const _ of namesInDirectory(path, calls)) {
        assert.equal(open().length, 1);
        break;
      }
      assert.deepEqual(open(), []);
    });
  });
}
