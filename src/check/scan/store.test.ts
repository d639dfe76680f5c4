import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { alterRows } from '../../../tests/support/damage/record-damage.js';
import { storeOf } from '../../../tests/support/snapshot-rows.js';
import { CanceledError } from '../../errors/index.js';
import type { Store } from '../../store/index.js';
import { checkStore } from './store.js';

/** A store of which nothing is asked but what is wrong with it. */
function storeThatSays(problems: readonly string[]): Store & { readonly signals: (AbortSignal | undefined)[] } {
  const refuse = () => {
    throw new Error('nothing else is asked');
  };
  const signals: (AbortSignal | undefined)[] = [];
  const verify = async (signal?: AbortSignal) => {
    signals.push(signal);
    signal?.throwIfAborted();
    return problems;
  };
  return { file: '/s/strata.db', read: refuse, write: refuse, close: refuse, verify, signals } as unknown as Store & {
    readonly signals: (AbortSignal | undefined)[];
  };
}

describe('checkStore', () => {
  it('makes a finding of each problem, which says how to go on', async () => {
    const found = await checkStore(storeThatSays(['page 3 is never used', 'row 1 is missing from an index']), {});
    const advice = '"strata restore" puts the records of a backup in its place';
    assert.deepEqual(
      found.map(({ finding }) => finding),
      ['page 3 is never used', 'row 1 is missing from an index'].map((problem) => ({
        kind: 'damaged-store',
        path: '/s/strata.db',
        message: `${problem}; ${advice}`,
        remedy: 'none',
      })),
    );
  });

  it('passes the signal on', async () => {
    const store = storeThatSays([]);
    const { signal } = new AbortController();
    assert.deepEqual(await checkStore(store, { signal }), []);
    assert.deepEqual(store.signals, [signal]);
    const aborted = { signal: AbortSignal.abort(new CanceledError('enough')) };
    await assert.rejects(checkStore(store, aborted), CanceledError);
  });

  it('finds that a row refers to one that is not there', async () => {
    await using temporary = await storeOf([{ id: 1 }, { id: 2, parent: 1 }]);
    assert.deepEqual(await checkStore(temporary.store, {}), []);
    await alterRows(temporary, 'DELETE FROM snapshots WHERE id = 1');
    const [found, ...more] = await checkStore(temporary.store, {});
    assert.deepEqual([found?.kind, found?.finding.path, more], ['damaged-store', temporary.store.file, []]);
  });
});
