import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { FailedPreconditionError, InvalidArgumentError, NotImplementedError } from '../../errors/index.js';
import { makeUserNamespace } from './user-namespace.js';

const isRoot = process.getuid?.() === 0;
const mapping = {
  uids: [{ containerId: 0, hostId: 100_000, length: 10 }],
  gids: [{ containerId: 0, hostId: 100_000, length: 10 }],
};
const openFiles = (): number => readdirSync('/proc/self/fd').length;

/** Runs with another search path, where unshare(1) is missing or is another program. */
async function withPath<T>(path: string, run: () => Promise<T>): Promise<T> {
  const before = process.env['PATH'];
  process.env['PATH'] = path;
  try {
    return await run();
  } finally {
    process.env['PATH'] = before;
  }
}

describe('a user namespace', () => {
  it('is another one than that of this process, until it is closed', { skip: !isRoot && 'needs root' }, async () => {
    (await makeUserNamespace(mapping))[Symbol.dispose]();
    const before = openFiles();
    {
      using made = await makeUserNamespace(mapping);
      assert.match(readlinkSync(`/proc/self/fd/${made.fd}`), /^user:\[\d+\]$/);
      assert.notEqual(readlinkSync(`/proc/self/fd/${made.fd}`), readlinkSync('/proc/self/ns/user'));
    }
    assert.equal(openFiles(), before);
  });

  it('is refused for ranges that overlap', { skip: !isRoot && 'needs root' }, async () => {
    const uids = [...mapping.uids, { containerId: 5, hostId: 5, length: 10 }];
    await assert.rejects(makeUserNamespace({ ...mapping, uids }), InvalidArgumentError);
  });

  it('needs unshare(1)', async () => {
    await withPath('/nowhere', () => assert.rejects(makeUserNamespace(mapping), NotImplementedError));
  });

  it('says what the child said when it ends early', async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'strata-unshare-'));
    t.after(() => rmSync(directory, { recursive: true }));
    writeFileSync(`${directory}/unshare`, '#!/bin/sh\necho unshare: Operation not permitted >&2\nexit 1\n', {
      mode: 0o755,
    });
    await withPath(directory, () =>
      assert.rejects(makeUserNamespace(mapping), (error) => {
        assert.ok(error instanceof FailedPreconditionError);
        assert.match(error.message, /cannot make a user namespace: unshare: Operation not permitted/);
        return true;
      }),
    );
  });

  it('is given up although the child answers', async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'strata-unshare-'));
    t.after(() => rmSync(directory, { recursive: true }));
    const stubborn = `#!/bin/sh\ntrap '' TERM\n: > ${directory}/ready\nsleep 0.2\nexec cat\n`;
    writeFileSync(`${directory}/unshare`, stubborn, { mode: 0o755 });
    const giveUp = new AbortController();
    const path = `${directory}:${process.env['PATH'] ?? ''}`;
    await withPath(path, async () => {
      const making = makeUserNamespace(mapping, { signal: giveUp.signal });
      making.catch(() => undefined);
      while (!existsSync(`${directory}/ready`)) await setImmediate();
      giveUp.abort();
      await assert.rejects(making, { code: 'Canceled' });
    });
  });

  it('is given up, and the child with it', async () => {
    const giveUp = new AbortController();
    const making = makeUserNamespace(mapping, { signal: giveUp.signal });
    giveUp.abort();
    await assert.rejects(making, { code: 'Canceled' });
  });
});
