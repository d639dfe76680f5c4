import assert from 'node:assert/strict';
import { CanceledError, DeadlineExceededError, UnavailableError } from '../../errors/index.js';
import { noLabels } from '../../snapshots/api/index.js';
import type { CaseContext, SuiteCase } from './case.js';
import { list, names, rejects } from './helpers.js';

/** Every operation once, on names that need not exist. */
function everyOperation({ snapshotter, call }: Pick<CaseContext, 'snapshotter' | 'call'>): Promise<unknown>[] {
  return [
    snapshotter.prepare({ key: 'k' }, call),
    snapshotter.view({ key: 'v' }, call),
    snapshotter.mounts('k', call),
    snapshotter.commit({ key: 'k', name: 'n' }, call),
    snapshotter.remove('k', call),
    snapshotter.stat('k', call),
    snapshotter.update({ name: 'k', labels: noLabels }, call),
    snapshotter.usage('k', call),
    list({ snapshotter, call }),
    snapshotter.cleanup(call),
  ];
}

/** Abort and close. */
export const lifecycleCases: readonly SuiteCase[] = [
  {
    title: 'a call whose signal is aborted is refused and leaves nothing',
    run: async ({ snapshotter, call }) => {
      const aborted = { ...call, signal: AbortSignal.abort() };
      for (const outcome of everyOperation({ snapshotter, call: aborted })) await rejects(outcome, CanceledError);
      const late = { ...call, signal: AbortSignal.abort(new DOMException('late', 'TimeoutError')) };
      await rejects(snapshotter.prepare({ key: 'k' }, late), DeadlineExceededError);
      assert.deepEqual(await names({ snapshotter, call }), []);
    },
  },
  {
    title: 'a call that is aborted under way has happened or has not, and nothing is half there',
    run: async ({ snapshotter, call }) => {
      for (let n = 0; n < 20; n++) {
        const abort = new AbortController();
        const key = `k${n}`;
        const making = snapshotter.prepare({ key }, { ...call, signal: abort.signal });
        if (n % 2 === 0) await Promise.resolve();
        abort.abort();
        const made = await making.then(
          () => true,
          () => false,
        );
        if (made) await snapshotter.remove(key, call);
      }
      await snapshotter.cleanup(call);
      for (const name of await names({ snapshotter, call })) await snapshotter.usage(name, call);
    },
  },
  {
    title: 'a closed snapshotter refuses every call, and may be closed again',
    run: async ({ snapshotter, call }) => {
      await snapshotter.prepare({ key: 'before' }, call);
      await snapshotter.close();
      for (const outcome of everyOperation({ snapshotter, call })) await rejects(outcome, UnavailableError);
      await snapshotter.close();
    },
  },
];
