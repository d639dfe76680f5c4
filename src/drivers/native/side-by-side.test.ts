/** Many snapshots that are made at the same time: none waits for the copy of another. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { deferred } from '../../../tests/support/deferred.js';
import { temporaryStore } from '../../../tests/support/store.js';
import { CanceledError } from '../../errors/index.js';
import { LocalSnapshotter } from '../../snapshots/index.js';
import { copyTree } from '../../trees/index.js';
import { openNativeDriver } from './index.js';

const many = 200;
const parents = ['small', 'large'] as const;

/** A snapshotter with two layers; copies of the one called `large` are held up until `let go`, each after it was made. */
async function open(t: TestContext) {
  const root = await mkdtemp(join(tmpdir(), 'strata-native-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const ids = new Map<string, (typeof parents)[number]>();
  const begun = deferred();
  const letGo = deferred();
  let copies = 0;
  const copy: typeof copyTree = async (options) => {
    copies += 1;
    if (copies === many) begun.resolve();
    await copyTree(options);
    if (ids.get(options.from) !== 'large') return;
    try {
      await Promise.race([letGo.promise, aborted(options.signal)]);
    } catch (error) {
      rmSync(options.to, { recursive: true });
      throw error;
    }
  };
  const driver = await openNativeDriver({ root, durability: 'none', copy });
  const { store, ...closing } = await temporaryStore();
  t.after(() => closing[Symbol.asyncDispose]());
  const snapshotter = await LocalSnapshotter.open({ name: 'native', store, driver });
  t.after(() => snapshotter.close());
  for (const name of parents) {
    const [mount] = await snapshotter.prepare({ key: `make ${name}` });
    const source = mount?.source ?? '';
    writeFileSync(join(source, 'content'), name);
    ids.set(source, name);
    await snapshotter.commit({ key: `make ${name}`, name });
  }
  return { snapshotter, begun: begun.promise, letGo: () => letGo.resolve(), place: join(root, 'snapshots') };
}

function aborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    signal?.addEventListener('abort', () => reject(new CanceledError('given up')), { once: true });
  });
}

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

describe('two hundred Prepares at once on native', () => {
  it('do not wait for one that takes long, which can be given up and then leaves nothing', async (t) => {
    const { snapshotter, place } = await open(t);
    const abort = new AbortController();
    const large = snapshotter.prepare({ key: 'large one', parent: 'large' }, { signal: abort.signal });
    const given = assert.rejects(large, CanceledError);
    const small = range(many - 1).map((n) => snapshotter.prepare({ key: `small ${n}`, parent: 'small' }));
    for (const [mount] of await Promise.all(small)) {
      assert.equal(readFileSync(join(mount?.source ?? '', 'content'), 'utf8'), 'small');
    }
    // The two layers, the others, and the copy that is held up.
    assert.equal(readdirSync(place).length, 2 + many);
    abort.abort();
    await given;
    assert.equal(readdirSync(place).length, 2 + many - 1);
  });

  it('are all under way at once, and one that is small does not wait for the others', async (t) => {
    const { snapshotter, begun, letGo } = await open(t);
    const large = range(many - 1).map((n) => snapshotter.prepare({ key: `large ${n}`, parent: 'large' }));
    const [mount] = await snapshotter.prepare({ key: 'small one', parent: 'small' });
    assert.equal(readFileSync(join(mount?.source ?? '', 'content'), 'utf8'), 'small');
    await begun;
    letGo();
    for (const [each] of await Promise.all(large)) {
      assert.equal(readFileSync(join(each?.source ?? '', 'content'), 'utf8'), 'large');
    }
  });
});
