import type { Kind } from '../../snapshots/index.js';
import { defineCommand } from '../command.js';
import { explainEmpty } from '../filters.js';
import { escapeText } from '../output/escape.js';
import { noTruncOption, shortName } from '../output/short-name.js';
import { type Column, renderTable } from '../output/table.js';
import { formatAge, formatBytes } from '../output/units.js';
import { type SnapshotRow, snapshotRows } from './snapshot-rows.js';

interface LsOptions {
  readonly size?: boolean;
  readonly quiet?: boolean;
  /** False for `--no-trunc`. */
  readonly trunc?: boolean;
}

/** The words that ctr uses. */
const kindNames: Readonly<Record<Kind, string>> = { active: 'Active', view: 'View', committed: 'Committed' };

const columns: readonly Column[] = [{ title: 'KEY' }, { title: 'PARENT' }, { title: 'KIND' }, { title: 'CREATED' }];
const sizeColumns: readonly Column[] = [
  { title: 'SIZE', align: 'right' },
  { title: 'INODES', align: 'right' },
];

function sizeCells({ size, inodes }: SnapshotRow): string[] {
  return [size === undefined ? '-' : formatBytes(size), inodes === undefined ? '-' : String(inodes)];
}

/** `strata ls` */
export const ls = defineCommand<LsOptions, readonly SnapshotRow[]>({
  name: 'ls',
  aliases: ['list'],
  summary: 'list snapshots',
  description: `List snapshots.

One of the filters must match, in all of its comma-separated conditions. Fields are name, parent, kind and \
labels."<key>"; operators are ==, != and ~= (a regular expression).`,
  arguments: [{ syntax: '[filter...]', description: 'which snapshots; all when absent', mayBeEmpty: true }],
  options: [
    { flags: '-s, --size', description: 'show what each takes, without its parents' },
    { flags: '-q, --quiet', description: 'print keys only, in full' },
    noTruncOption,
  ],
  examples: ['ls', 'ls --size kind==committed', "ls 'name~=^sandbox-'", "ls --json | jq -r '.[].name'"],
  async run(context, { args, options }) {
    const rows = await snapshotRows(context, { filters: args, size: options.size === true });
    if (rows.length === 0) explainEmpty(context, args, 'name');
    return rows;
  },
  print(rows, { options, now }) {
    if (options.quiet === true) return rows.map(({ name }) => escapeText(name));
    const withSize = options.size === true;
    const shown = options.trunc === false ? (name: string) => name : shortName;
    const cells = rows.map((row) => {
      const common = [shown(row.name), shown(row.parent), kindNames[row.kind], formatAge(row.created, now)];
      return withSize ? [...common, ...sizeCells(row)] : common;
    });
    return renderTable(withSize ? [...columns, ...sizeColumns] : columns, cells);
  },
});
