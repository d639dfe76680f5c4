import { defineCommand, printNothing } from '../command.js';
import { rootLabel } from '../labels.js';
import { type ForceFlag, forceFlag, snapshotterToChange } from '../proxied.js';

/** `strata commit` */
export const commit = defineCommand<ForceFlag, void>({
  name: 'commit',
  summary: 'turn an active snapshot into a committed one',
  description: `Turn an active snapshot into a committed one, which never changes and can be a parent.

The key ceases to be. Unmount it first, so that everything is on disk.`,
  arguments: [
    { syntax: '<name>', description: 'what to call the committed snapshot' },
    { syntax: '<key>', description: 'the key of the active one' },
  ],
  options: [forceFlag],
  examples: ['commit base base-in-work'],
  async run(context, { args: [name = '', key = ''], options }) {
    const snapshotter = await snapshotterToChange(context, options, { verb: 'commit', keys: [name, key] });
    const labels = rootLabel(context.io.tools.now(), context.globals.lease);
    await snapshotter.commit({ name, key, labels }, context.call);
  },
  print: printNothing,
});
