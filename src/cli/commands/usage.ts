import type { Usage } from '../../snapshots/index.js';
import { defineCommand } from '../command.js';
import type { CommandContext } from '../context.js';
import { noTruncOption, shortName } from '../output/short-name.js';
import { type Column, renderTable } from '../output/table.js';
import { formatBytes } from '../output/units.js';
import { snapshotRows } from './snapshot-rows.js';

interface UsageOptions {
  readonly bytes?: boolean;
  /** False for `--no-trunc`. */
  readonly trunc?: boolean;
}

interface UsageRow extends Usage {
  readonly key: string;
}

const columns: readonly Column[] = [
  { title: 'KEY' },
  { title: 'SIZE', align: 'right' },
  { title: 'INODES', align: 'right' },
];

async function usageOfAll(context: CommandContext): Promise<UsageRow[]> {
  const rows = await snapshotRows(context, { size: true });
  return rows.flatMap(({ name, size, inodes }) =>
    size === undefined || inodes === undefined ? [] : [{ key: name, size, inodes }],
  );
}

async function usageOf(context: CommandContext, keys: readonly string[]): Promise<UsageRow[]> {
  const snapshotter = await context.snapshotter();
  const rows: UsageRow[] = [];
  for (const key of keys) {
    try {
      rows.push({ key, ...(await snapshotter.usage(key, context.call)) });
    } catch (error) {
      context.report(key, error);
    }
  }
  return rows;
}

/** `strata usage` */
export const usage = defineCommand<UsageOptions, readonly UsageRow[]>({
  name: 'usage',
  aliases: ['du'],
  summary: 'show what snapshots take on disk',
  description: 'Show what snapshots take on disk, each without its parents. An active one is measured now.',
  arguments: [{ syntax: '[key...]', description: 'keys or names; all when absent' }],
  options: [{ flags: '-b, --bytes', description: 'print sizes in bytes' }, noTruncOption],
  examples: ['usage', 'usage -b sandbox-1'],
  run: (context, { args }) => (args.length === 0 ? usageOfAll(context) : usageOf(context, args)),
  print(rows, { options }) {
    const shown = (size: number) => (options.bytes === true ? String(size) : formatBytes(size));
    const named = options.trunc === false ? (key: string) => key : shortName;
    return renderTable(
      columns,
      rows.map(({ key, size, inodes }) => [named(key), shown(size), String(inodes)]),
    );
  },
});
