import type { Collection } from '../../snapshots/api/index.js';
import { defineCommand } from '../command.js';
import { renderTable } from '../output/table.js';
import { formatCount } from '../output/units.js';

/** `strata gc` */
export const gc = defineCommand<{ readonly dryRun?: boolean }, Collection>({
  name: 'gc',
  summary: 'collect what nothing keeps',
  description: `Remove the snapshots of all namespaces that nothing keeps: those that were made under a lease and are under \
none any more, and those whose label containerd.io/gc.expire has passed. What was made without a lease stays until somebody \
removes it. The daemon does the same by itself, see [gc] in its configuration; behind a containerd that collects, it does not.`,
  options: [{ flags: '--dry-run', description: 'only show what would go' }],
  examples: ['gc', 'gc --dry-run'],
  run: async (context, { options: { dryRun = false } }) =>
    (await context.client()).maintenance.collect({ dryRun }, context.call),
  *print({ snapshots, skipped, leases }, { options: { dryRun = false } }) {
    const rows = [
      ...snapshots.map((row) => [row.namespace, row.snapshotter, row.kind, row.key, '']),
      ...skipped.map((row) => [row.namespace, row.snapshotter, row.kind, row.key, 'its back end does not run']),
    ];
    const titles = ['NAMESPACE', 'SNAPSHOTTER', 'KIND', 'KEY', 'STAYS'];
    if (rows.length > 0) {
      const shown = skipped.length > 0 ? titles.length : titles.length - 1;
      yield* renderTable(
        titles.slice(0, shown).map((title) => ({ title })),
        rows.map((row) => row.slice(0, shown)),
      );
    }
    const removed = `${dryRun ? 'to remove' : 'removed'}: ${formatCount(snapshots.length, 'snapshot')}`;
    yield `${removed}; expired: ${formatCount(leases, 'lease')}`;
  },
});
