import { defineCommand, printNothing } from '../command.js';
import { type ForceFlag, forceFlag, snapshotterToChange } from '../proxied.js';

/** `strata rm` */
export const rm = defineCommand<ForceFlag, void>({
  name: 'rm',
  aliases: ['remove', 'delete', 'del'],
  summary: 'remove snapshots',
  description: `Remove snapshots, in the order given. A snapshot that has children cannot be removed.

When one cannot be removed, the command says so, removes the others, and exits with status 1.`,
  arguments: [{ syntax: '<key...>', description: 'keys or names' }],
  options: [forceFlag],
  examples: ['rm sandbox-1', 'rm sandbox-1 sandbox-2 base'],
  async run(context, { args, options }) {
    const snapshotter = await snapshotterToChange(context, options, { verb: 'rm', keys: args });
    for (const key of args)
      await snapshotter.remove(key, context.call).catch((error: unknown) => context.report(key, error));
  },
  print: printNothing,
});
