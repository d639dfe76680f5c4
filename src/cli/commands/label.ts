import type { Info } from '../../snapshots/index.js';
import { defineCommand } from '../command.js';
import { labelList, parseLabels } from '../labels.js';
import { escapeText } from '../output/escape.js';
import { type ForceFlag, forceFlag, snapshotterToChange } from '../proxied.js';

/** `strata label` */
export const label = defineCommand<ForceFlag, Info>({
  name: 'label',
  summary: 'set or delete labels of a snapshot',
  description: 'Set labels, delete those whose value is empty, and print the labels that result.',
  arguments: [
    { syntax: '<key>', description: 'the key or name of a snapshot' },
    { syntax: '[labels...]', description: '<key>=<value> sets, <key>= deletes; none only prints' },
  ],
  options: [forceFlag],
  examples: ['label base app=web owner=ann', 'label base owner='],
  async run(context, { args: [name = '', ...given], options }) {
    const labels = parseLabels(given);
    if (labels.size === 0) return (await context.snapshotter()).stat(name, context.call);
    const change = { verb: 'label', keys: [name], more: given };
    const snapshotter = await snapshotterToChange(context, options, change);
    const fieldpaths = [...labels.keys()].map((key) => `labels.${key}`);
    return snapshotter.update({ name, labels, fieldpaths }, context.call);
  },
  print: ({ labels }) => labelList(labels).map(escapeText),
});
