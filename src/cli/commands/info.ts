import type { Info } from '../../snapshots/index.js';
import { defineCommand } from '../command.js';
import { labelList } from '../labels.js';
import { renderFields } from '../output/table.js';
import { formatTime } from '../output/units.js';

/** What is known about a snapshot, for people. */
export function renderInfo({ name, parent, kind, created, updated, labels }: Info): Iterable<string> {
  const [first = '', ...more] = labelList(labels);
  return renderFields([
    ['Key', name],
    ['Parent', parent],
    ['Kind', kind],
    ['Created', formatTime(created)],
    ['Updated', formatTime(updated)],
    ['Labels', first],
    ...more.map((label) => ['', label] as const),
  ]);
}

/** `strata info` */
export const info = defineCommand<object, Info>({
  name: 'info',
  aliases: ['stat'],
  summary: 'show what is known about a snapshot',
  arguments: [{ syntax: '<key>', description: 'the key or name of a snapshot' }],
  examples: ['info sandbox-1', 'info --json sha256:0b3c...'],
  run: async (context, { args: [key = ''] }) => (await context.snapshotter()).stat(key, context.call),
  print: renderInfo,
});
