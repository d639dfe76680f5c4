import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { serverUuid } from './server-uuid.js';

describe('the identity of a daemon', () => {
  let parent: string;
  let directory: string;
  beforeEach(async () => {
    parent = await mkdtemp(path.join(tmpdir(), 'strata-uuid-'));
    directory = path.join(parent, 'introspection');
  });
  afterEach(() => rm(parent, { recursive: true }));

  it('is drawn once, and kept for its owner alone', async () => {
    const uuid = await serverUuid(directory);
    assert.match(uuid, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.equal(await serverUuid(directory), uuid);
    assert.deepEqual(await readdir(directory), ['uuid']);
    assert.equal((await stat(directory)).mode & 0o777, 0o700);
    assert.equal((await stat(path.join(directory, 'uuid'))).mode & 0o777, 0o600);
  });

  it("may be containerd's, with or without the end of a line", async () => {
    const uuid = '01234567-89ab-cdef-0123-456789abcdef';
    await mkdir(directory);
    await writeFile(path.join(directory, 'uuid'), `${uuid}\n`);
    assert.equal(await serverUuid(directory), uuid);
  });

  for (const text of ['', '01234567-89ab', 'no uuid at all', '01234567-89AB-CDEF-0123-456789ABCDEF\0']) {
    it(`is drawn again where the file holds ${JSON.stringify(text)}`, async () => {
      await mkdir(directory);
      await writeFile(path.join(directory, 'uuid'), text);
      const uuid = await serverUuid(directory);
      assert.notEqual(uuid, text);
      assert.equal(await readFile(path.join(directory, 'uuid'), 'utf8'), uuid);
    });
  }

  it('is not drawn again where it cannot be read', async () => {
    await mkdir(path.join(directory, 'uuid'), { recursive: true });
    await assert.rejects(serverUuid(directory), { code: 'EISDIR' });
  });
});
