import assert from 'node:assert/strict';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { FakeContainerd } from '../../../tests/support/fake-containerd.js';
import { CanceledError, FailedPreconditionError, InvalidArgumentError, UnavailableError } from '../../errors/index.js';
import { noContext } from '../../snapshots/index.js';
import { openFront } from './open-front.js';
import { StatWatch } from './stat-watch.js';

async function serve(t: TestContext, proxies: Readonly<Record<string, string>>) {
  const stats = new StatWatch();
  const containerd = new FakeContainerd(stats);
  for (const [name, address] of Object.entries(proxies)) containerd.proxies.set(name, address);
  const server = await containerd.serve();
  t.after(() => server[Symbol.asyncDispose]());
  return { address: server.socket, stats };
}

async function newDirectory(t: TestContext): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'strata-front-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

describe('looking for a containerd in front', () => {
  it('knows the daemon by its socket, however that is written', async (t) => {
    const directory = await newDirectory(t);
    const own = path.join(directory, 's.sock');
    await writeFile(own, '');
    await symlink(directory, path.join(directory, 'link'));
    for (const written of [own, `unix://${own}`, path.join(directory, 'link', 's.sock')]) {
      const found = await openFront(
        { ...(await serve(t, { overlayfs: '/other.sock', ours: written })), own },
        noContext,
      );
      assert.ok('front' in found, written);
      await found.front[Symbol.asyncDispose]();
    }
  });

  it('refuses one that was named and has another daemon as its proxy, or none', async (t) => {
    for (const proxies of [{}, { strata: '/other.sock' }]) {
      const search = { ...(await serve(t, proxies)), own: '/run/strata/strata.sock' };
      await assert.rejects(
        openFront(search, noContext),
        new FailedPreconditionError('no proxy snapshotter of that containerd has the address /run/strata/strata.sock'),
      );
    }
  });

  it('fails where one was named that does not answer', async (t) => {
    const nowhere = { own: '/s', stats: new StatWatch() };
    const address = path.join(await newDirectory(t), 'none.sock');
    await assert.rejects(openFront({ ...nowhere, address }, noContext), (error) => {
      assert.ok(error instanceof UnavailableError);
      assert.equal(error.context, `containerd: cannot reach ${address}: connect ENOENT ${address}`);
      return true;
    });
    await assert.rejects(openFront({ ...nowhere, address: 'relative' }, noContext), InvalidArgumentError);
  });

  it('says why there is none at the usual address, unless the check is given up', async (t) => {
    // Nobody has this socket as a proxy, whether or not a containerd runs here.
    const search = { address: undefined, own: path.join(await newDirectory(t), 's.sock'), stats: new StatWatch() };
    const found = await openFront(search, noContext);
    assert.ok('frontProblem' in found);
    assert.match(found.frontProblem, /\S/);
    const call = { signal: AbortSignal.abort(new CanceledError('enough')) };
    await assert.rejects(openFront(search, call), CanceledError);
  });
});
