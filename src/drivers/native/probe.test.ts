import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { describe, it } from 'node:test';
import { FakeQuota } from '../../../tests/support/fake-quota.js';
import { canShareBlocks } from '../../trees/index.js';
import { resolveNativeOptions } from './options.js';
import { probeNative } from './probe.js';

describe('probeNative', () => {
  it('asks of the root whether copies share blocks and snapshots can be limited', () => {
    const asked: string[] = [];
    const state = { quota: new FakeQuota() };
    const projectQuota = (directory: string) => {
      asked.push(directory);
      return state;
    };
    const setup = probeNative(resolveNativeOptions({ root: tmpdir(), projectQuota }));
    assert.deepEqual(setup, { sharesBlocks: canShareBlocks(tmpdir()), projectQuota: state });
    assert.deepEqual(asked, [tmpdir()]);
  });
});
