import { setImmediate as nextTurn } from 'node:timers/promises';
import { InternalError, throwIfAborted } from '../../errors/index.js';
import { runInTreePool } from '../tree-pool.js';
import type { TreeChange, TreeComparison } from './compare-trees.js';

/** So many changes come at once; then others get a turn. */
const pageSize = 500;

/**
 * What differs between two trees, in pages, found in a worker thread, which holds all of it: some hundred bytes for each change. With
 * `touched` it costs what those directories hold, else what both trees do.
 * @throws PermissionDeniedError and others when something cannot be read; CanceledError or DeadlineExceededError when the
 * signal is aborted.
 */
export async function* treeChanges(
  comparison: TreeComparison,
  signal?: AbortSignal,
): AsyncGenerator<readonly TreeChange[], void, undefined> {
  throwIfAborted(signal);
  // One text, since taking over a hundred thousand objects at once would hold the event loop up.
  const found = await runInTreePool('compare', comparison, { signal });
  if (found === undefined) throw new InternalError(`comparing ${comparison.after} ended early`);
  let page: TreeChange[] = [];
  for (let start = 0; start < found.length; ) {
    const end = found.indexOf('\n', start);
    page.push(JSON.parse(found.slice(start, end)));
    start = end + 1;
    if (page.length < pageSize && start < found.length) continue;
    yield page;
    page = [];
    await nextTurn();
  }
}
