import { defineCommand } from '../command.js';
import { noTruncOption } from '../output/short-name.js';
import { renderTree } from '../output/tree.js';
import { type SnapshotRow, snapshotRows } from './snapshot-rows.js';

interface TreeOptions {
  readonly size?: boolean;
  /** False for `--no-trunc`. */
  readonly trunc?: boolean;
}

/** `strata tree` */
export const tree = defineCommand<TreeOptions, readonly SnapshotRow[]>({
  name: 'tree',
  summary: 'show snapshots as a tree',
  description: 'Show every snapshot below its parent.',
  options: [{ flags: '-s, --size', description: 'show what each takes, without its parents' }, noTruncOption],
  examples: ['tree', 'tree --size --no-trunc'],
  run: (context, { options }) => snapshotRows(context, { size: options.size === true }),
  print(rows, { options, ...style }) {
    const nodes = rows.map((info) => ({ info, ...(info.size === undefined ? {} : { size: info.size }) }));
    return renderTree(nodes, { style, fullNames: options.trunc === false });
  },
});
