import type { Kept, KeptBy } from '../../rpc/client/index.js';
import { defineCommand } from '../command.js';
import { escapeText } from '../output/escape.js';
import { renderTable } from '../output/table.js';

const reasons: Readonly<Record<KeptBy['why'], string>> = {
  caller: 'made without a lease',
  root: 'label',
  time: 'until',
  lease: 'lease',
  image: 'image',
};

/** `strata why` */
export const why = defineCommand<object, Kept>({
  name: 'why',
  summary: 'show what keeps a snapshot',
  description: `Show what keeps a snapshot from being collected: it was made without a lease and stays until somebody removes it, \
a lease, a label, a time, or an image; and through which other snapshots. Show also where it is mounted.`,
  arguments: [{ syntax: '<key>', description: 'a snapshot' }],
  examples: ['why base', 'why --json base'],
  run: async (context, { args: [key = ''] }) =>
    (await context.client()).maintenance.why({ key, snapshotter: context.globals.snapshotter }, context.call),
  *print({ by, mounted }, { args: [key = ''] }) {
    if (by.length === 0) yield 'nothing keeps it: the next collection takes it';
    else {
      yield* renderTable(
        [{ title: 'KEPT BY' }, { title: 'NAME' }, { title: 'THROUGH' }],
        by.map(({ why: reason, name, through }) => [reasons[reason], name, through.join(' < ')]),
      );
    }
    if (mounted !== undefined) yield escapeText(`snapshot ${key} ${mounted}`);
  },
});
