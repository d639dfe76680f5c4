import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { UnavailableError } from '../errors/index.js';
import { writeWholeFile } from './write-file.js';

async function* chunks(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

describe('a file that is written whole', () => {
  let directory: string;
  let file: string;
  beforeEach(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'strata-write-file-'));
    file = path.join(directory, 'records.db');
  });
  afterEach(() => rm(directory, { recursive: true }));

  it('has everything that came, for its owner alone', async () => {
    assert.equal(await writeWholeFile(file, chunks('ab', '', 'cde')), 5);
    assert.equal(await readFile(file, 'utf8'), 'abcde');
    assert.equal((await stat(file)).mode & 0o777, 0o600);
  });

  it('may be empty', async () => {
    assert.equal(await writeWholeFile(file, chunks()), 0);
    assert.equal((await stat(file)).size, 0);
  });

  it('takes the place of one that is there, with its own mode', async () => {
    await writeFile(file, 'old', { mode: 0o644 });
    await writeWholeFile(file, chunks('new'));
    assert.equal(await readFile(file, 'utf8'), 'new');
    assert.equal((await stat(file)).mode & 0o777, 0o600);
  });

  it('is as it was, with nothing beside it, when the source fails', async () => {
    await writeFile(file, 'old');
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield* chunks('ne');
      throw new UnavailableError('the daemon stops');
    }
    await assert.rejects(writeWholeFile(file, broken()), new UnavailableError('the daemon stops'));
    assert.equal(await readFile(file, 'utf8'), 'old');
    assert.deepEqual(await readdir(directory), ['records.db']);
  });

  it('takes the place of nothing but a regular file, and then asks for no content', async () => {
    const [folder, link, fifo] = ['folder', 'link', 'fifo'].map((name) => path.join(directory, name));
    await writeFile(file, 'old');
    await mkdir(folder ?? '');
    await symlink(file, link ?? '');
    execFileSync('mkfifo', [fifo ?? '']);
    const asked: AsyncGenerator<Uint8Array> = (async function* () {
      yield await assert.fail('asked');
    })();
    for (const each of [folder, link, fifo]) {
      await assert.rejects(writeWholeFile(each ?? '', asked), {
        name: 'FailedPreconditionError',
        message: new RegExp(`^${each} is a (directory|symbolic link|FIFO): want a regular file`),
      });
    }
    assert.equal(await readlink(link ?? ''), file);
    assert.equal(await readFile(file, 'utf8'), 'old');
    assert.ok((await stat(fifo ?? '')).isFIFO());
    assert.deepEqual((await readdir(directory)).sort(), ['fifo', 'folder', 'link', 'records.db']);
  });

  it('is not written where there is no directory for it', async () => {
    const nowhere = path.join(directory, 'no', 'file');
    await assert.rejects(writeWholeFile(nowhere, chunks('x')), {
      name: 'NotFoundError',
      message: `cannot write ${nowhere}: there is no directory ${path.dirname(nowhere)}: not found`,
    });
    await writeFile(file, '');
    await assert.rejects(
      writeWholeFile(path.join(file, 'below'), chunks('x')),
      /^UnknownError: cannot write .*ENOTDIR/,
    );
  });
});
