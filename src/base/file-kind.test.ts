import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { fileKind, replaceProblem } from './file-kind.js';

async function temporaryDirectory(t: TestContext): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'strata-file-kind-'));
  t.after(() => rm(directory, { recursive: true }));
  return directory;
}

describe('what lies at a path', () => {
  it('may be replaced when it is a regular file, or nothing', async (t) => {
    const file = path.join(await temporaryDirectory(t), 'file');
    assert.equal(await replaceProblem(file), undefined);
    await writeFile(file, '');
    assert.equal(await replaceProblem(file), undefined);
    await assert.rejects(replaceProblem(path.join(file, 'below')), { code: 'ENOTDIR' });
  });

  it('may not be replaced when it is anything else, which is named', async (t) => {
    const directory = await temporaryDirectory(t);
    const at = (name: string): string => path.join(directory, name);
    await mkdir(at('directory'));
    await symlink('/nowhere', at('link'));
    execFileSync('mkfifo', [at('fifo')]);
    const server = createServer().listen(at('socket'));
    await once(server, 'listening');
    t.after(() => server.close());
    for (const [name, kind] of [
      ['directory', 'a directory'],
      ['link', 'a symbolic link'],
      ['fifo', 'a FIFO'],
      ['socket', 'a socket'],
    ] as const) {
      assert.equal(await replaceProblem(at(name)), `${at(name)} is ${kind}: want a regular file there, or nothing`);
    }
    assert.match((await replaceProblem('/dev/null')) ?? '', /is a character device/);
  });

  it('has a name', async () => {
    assert.equal(fileKind(await stat(tmpdir())), 'a directory');
  });
});
