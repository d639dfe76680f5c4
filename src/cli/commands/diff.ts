import type { TreeChange } from '../../rpc/client/index.js';
import { defineStream } from '../command.js';
import { escapeText } from '../output/escape.js';
import { formatBytes } from '../output/units.js';

const signs = { added: '+', changed: '~', deleted: '-' } as const;

/** `strata diff` */
export const diff = defineStream<object, TreeChange>({
  name: 'diff',
  summary: 'show what changed in a snapshot',
  description: `Show what is different in a snapshot since its parent, or since another snapshot: + added, ~ changed, - deleted. \
A directory that is gone stands for everything in it.

Snapshots may be of any kind, and in use. The rule is that by which containerd makes layers: a file has changed when its mode, \
owner, size or time has; a directory when its mode or owner has. Where layers are directories it costs what the layers between the \
two hold, however large what is below them is.`,
  arguments: [
    { syntax: '<key>', description: 'a snapshot' },
    {
      syntax: '[since]',
      description: 'what to compare it with; its parent when absent, nothing when empty',
      mayBeEmpty: true,
    },
  ],
  examples: ['diff sandbox-1', 'diff sandbox-1 base', 'diff --json sandbox-1', 'diff base ""'],
  async *run(context, { args: [key = '', since] }) {
    const { snapshotter } = context.globals;
    const request = { key, snapshotter, ...(since === undefined ? {} : { since }) };
    yield* (await context.client()).workspaces.changes(request, context.call);
  },
  print({ path, kind, type, size }, { colours }) {
    const shown = `${path}${type === 'directory' ? '/' : ''}`;
    const line = `${signs[kind]} ${escapeText(shown)}${type === 'file' && kind !== 'deleted' ? `  ${formatBytes(size)}` : ''}`;
    return { added: colours.green, changed: colours.yellow, deleted: colours.red }[kind](line);
  },
});
