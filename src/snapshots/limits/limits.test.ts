import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { Gate, MemoryDriver } from '../../../tests/support/memory-driver.js';
import { temporaryStore } from '../../../tests/support/store.js';
import { AbortedError, FailedPreconditionError, InvalidArgumentError, NotFoundError } from '../../errors/index.js';
import {
  LocalSnapshotter,
  labelsOf,
  limitsFromLabels,
  maxInodesLabel,
  maxSizeLabel,
  parseByteLimit,
  parseInodeLimit,
  snapshotTables,
} from '../index.js';
import type { LimitSettings } from './limiter.js';

const MIB = 2 ** 20;

describe('the text of a limit', () => {
  const sizes: readonly [string, number | undefined][] = [
    ['1', 1],
    ['4096', 4096],
    ['4096B', 4096],
    ['10G', 10 * 2 ** 30],
    ['10g', 10 * 2 ** 30],
    ['10GB', 10 * 2 ** 30],
    ['10GiB', 10 * 2 ** 30],
    ['10 GiB', 10 * 2 ** 30],
    ['1.5K', 1536],
    ['7P', 7 * 2 ** 50],
    ['8P', undefined],
    ['0', undefined],
    ['0.1', undefined],
    ['-1', undefined],
    ['', undefined],
    ['G', undefined],
    ['1X', undefined],
    ['1iB', undefined],
    ['1e9', undefined],
    ['0x10', undefined],
    [' 1', undefined],
    ['1\n', undefined],
  ];
  for (const [text, want] of sizes) it(`${JSON.stringify(text)} bytes`, () => assert.equal(parseByteLimit(text), want));

  const counts: readonly [string, number | undefined][] = [
    ['100000', 100_000],
    ['1M', 1_000_000],
    ['1.5k', 1500],
    ['1MiB', undefined],
    ['0', undefined],
    ['many', undefined],
  ];
  for (const [text, want] of counts)
    it(`${JSON.stringify(text)} inodes`, () => assert.equal(parseInodeLimit(text), want));

  it('is read from labels, with defaults behind them', () => {
    const defaults = { bytes: 5, inodes: 6 };
    assert.deepEqual(limitsFromLabels(labelsOf({})), {});
    assert.deepEqual(limitsFromLabels(labelsOf({}), defaults), defaults);
    assert.deepEqual(limitsFromLabels(labelsOf({ [maxSizeLabel]: '1K' }), defaults), { bytes: 1024, inodes: 6 });
    assert.deepEqual(limitsFromLabels(labelsOf({ [maxSizeLabel]: 'none', [maxInodesLabel]: '2k' }), defaults), {
      inodes: 2000,
    });
    assert.throws(() => limitsFromLabels(labelsOf({ [maxSizeLabel]: 'lots' })), {
      name: 'InvalidArgumentError',
      message:
        'label containerd.io/snapshot/max-size="lots": want a number of bytes such as "10G" or "536870912", more than zero, or "none": invalid argument',
    });
    assert.throws(() => limitsFromLabels(labelsOf({ [maxInodesLabel]: '0' })), InvalidArgumentError);
  });
});

async function open(t: TestContext, limits: LimitSettings = {}) {
  const { store, ...temporary } = await temporaryStore(snapshotTables);
  t.after(() => temporary[Symbol.asyncDispose]());
  const driver = new MemoryDriver();
  const reported: string[] = [];
  const errors = { report: (task: string, error: unknown) => void reported.push(`${task}: ${error}`) };
  const start = () => LocalSnapshotter.open({ name: 'memory', store, driver, errors, limits });
  return { store, driver, reported, start, snapshotter: await start() };
}

const sized = (size: string) => labelsOf({ [maxSizeLabel]: size });
const onlySize = [`labels.${maxSizeLabel}`];

describe('the limits of snapshots', () => {
  it('are set when an active snapshot is made, not for what nobody writes', async (t) => {
    const { driver, snapshotter } = await open(t, { defaults: { inodes: 100 } });
    await snapshotter.prepare({ key: 'a', labels: sized('1M') });
    await snapshotter.commit({ key: 'a', name: 'layer' });
    await snapshotter.view({ key: 'v', parent: 'layer', labels: sized('1M') });
    await snapshotter.prepare({ key: 'child', parent: 'layer' });
    assert.deepEqual([...driver.limits.values()], [{ bytes: MIB, inodes: 100 }, {}, { inodes: 100 }]);
    assert.equal((await snapshotter.stat('layer')).labels.has(maxSizeLabel), false);
  });

  it('must be readable, also on views, and leave nothing otherwise', async (t) => {
    const { driver, snapshotter } = await open(t);
    await assert.rejects(snapshotter.prepare({ key: 'a', labels: sized('lots') }), InvalidArgumentError);
    await assert.rejects(snapshotter.view({ key: 'v', labels: sized('lots') }), InvalidArgumentError);
    await snapshotter.prepare({ key: 'b' });
    await assert.rejects(snapshotter.update({ name: 'b', labels: sized('-1') }), InvalidArgumentError);
    assert.deepEqual([...driver.files], ['1']);
  });

  it('are refused where they cannot be kept, or reported when that is configured', async (t) => {
    for (const policy of ['strict', 'warn'] as const) {
      const { driver, snapshotter, reported } = await open(t, { policy });
      driver.limitSupport = { bytes: false, inodes: true, reason: 'quota is off' };
      const labels = labelsOf({ [maxSizeLabel]: '1M', [maxInodesLabel]: '7' });
      const prepared = snapshotter.prepare({ key: 'a', labels });
      if (policy === 'strict') {
        await assert.rejects(prepared, {
          name: 'FailedPreconditionError',
          message: 'failed to create snapshot: cannot keep a size limit: quota is off: failed precondition',
        });
        assert.equal(driver.files.size, 0);
        await snapshotter.prepare({ key: 'a' });
        await assert.rejects(snapshotter.update({ name: 'a', labels }), FailedPreconditionError);
        assert.equal((await snapshotter.stat('a')).labels.has(maxSizeLabel), false);
      } else {
        await prepared;
        assert.deepEqual(driver.limits.get('1'), { inodes: 7 });
        assert.match(String(reported), /^keep a size limit; going on without it, as configured: .*quota is off/);
      }
    }
  });

  it('change with the label, before it is recorded', async (t) => {
    const { driver, snapshotter } = await open(t);
    await snapshotter.prepare({ key: 'a' });
    await snapshotter.update({ name: 'a', labels: sized('2M'), fieldpaths: onlySize });
    assert.deepEqual(driver.limits.get('1'), { bytes: 2 * MIB });
    await snapshotter.update({ name: 'a', labels: labelsOf({ other: 'x' }), fieldpaths: ['labels.other'] });
    assert.deepEqual(driver.limits.get('1'), { bytes: 2 * MIB });
    driver.failures.set('limit', new Error('the disk is gone'));
    await assert.rejects(snapshotter.update({ name: 'a', labels: sized('9M'), fieldpaths: onlySize }));
    assert.equal((await snapshotter.stat('a')).labels.get(maxSizeLabel), '2M');
    driver.failures.clear();
    await snapshotter.update({ name: 'a', labels: labelsOf({}) });
    assert.deepEqual(driver.limits.get('1'), {});
    await snapshotter.commit({ key: 'a', name: 'layer' });
    await snapshotter.update({ name: 'layer', labels: sized('1K') });
    assert.deepEqual(driver.limits.get('1'), {});
    await assert.rejects(snapshotter.update({ name: 'gone', labels: sized('1M') }), NotFoundError);
  });

  it('are set back when the record is refused', async (t) => {
    const { driver, snapshotter } = await open(t);
    await snapshotter.prepare({ key: 'a', labels: sized('1M') });
    const gate = new Gate();
    driver.gates.set('limit', gate);
    const stop = new AbortController();
    const changing = snapshotter.update({ name: 'a', labels: sized('2M') }, { signal: stop.signal });
    await gate.reached;
    stop.abort();
    gate.open();
    await assert.rejects(changing);
    assert.deepEqual(driver.limits.get('1'), { bytes: MIB });

    const staged = await snapshotter.stages.stageUpdate('a', { labels: sized('3M') }, {});
    assert.deepEqual(driver.limits.get('1'), { bytes: 3 * MIB });
    await staged.discard();
    assert.deepEqual(driver.limits.get('1'), { bytes: MIB });
  });

  it('are as recorded after changes at the same time', async (t) => {
    const { store, driver, snapshotter } = await open(t);
    await snapshotter.prepare({ key: 'a' });
    const sizes = Array.from({ length: 20 }, (_, index) => `${index + 1}M`);
    const update = (size: string) => snapshotter.update({ name: 'a', labels: sized(size), fieldpaths: onlySize });
    await Promise.all(sizes.map(update));
    const recorded = limitsFromLabels((await snapshotter.stat('a')).labels);
    assert.deepEqual(driver.limits.get('1'), recorded);

    // A change of all labels that was planned when the limit was another must not bring that one back.
    const stale = await snapshotter.stages.stageUpdate('a', { labels: sized('20M') }, {});
    await update('99M');
    await assert.rejects(
      store.write((tx) => stale.record(tx)),
      AbortedError,
    );
  });

  it('are set to what is recorded after a crash in the middle of a change', async (t) => {
    const { driver, start, snapshotter } = await open(t);
    await snapshotter.prepare({ key: 'a', labels: sized('1M') });
    await snapshotter.prepare({ key: 'b' });
    driver.limits.set('1', { bytes: 5 }).set('2', { bytes: 5 });
    await (await start()).cleanup();
    assert.deepEqual([...driver.limits.values()], [{ bytes: MIB }, {}]);
  });
});
