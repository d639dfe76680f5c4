/** What people do with active snapshots: checkpoints, forks, and the way back. */
import type { Checkpoint, ForkOutcome } from '../../rpc/client/index.js';
import { defineCommand, printNothing } from '../command.js';
import { escapeText } from '../output/escape.js';
import { renderTable } from '../output/table.js';
import { formatAge } from '../output/units.js';

const unmounted = 'It must not be mounted: what is written to a mount that goes on would be lost.';

/** `strata checkpoint` */
export const checkpoint = defineCommand<{ readonly name?: string }, Checkpoint>({
  name: 'checkpoint',
  summary: 'keep what an active snapshot is now',
  description: `Make a committed snapshot of what an active one is now, and print its name. The active one goes on under its key, \
over that. Back ends with layers copy no file. When nothing was written since the last checkpoint, that one is printed.

${unmounted}`,
  arguments: [{ syntax: '<key>', description: 'the key of an active snapshot' }],
  options: [{ flags: '--name <name>', description: 'what to call it; the key and the time when absent' }],
  examples: ['checkpoint sandbox-1', 'checkpoint sandbox-1 --name before-upgrade'],
  async run(context, { args: [key = ''], options: { name } }) {
    const request = { key, snapshotter: context.globals.snapshotter, ...(name === undefined ? {} : { name }) };
    return (await context.client()).workspaces.checkpoint(request, context.call);
  },
  print: ({ name }) => [escapeText(name)],
});

/** `strata checkpoints` */
export const checkpoints = defineCommand<object, readonly Checkpoint[]>({
  name: 'checkpoints',
  summary: 'list the checkpoints of an active snapshot',
  arguments: [{ syntax: '<key>', description: 'its key, also when it is gone' }],
  examples: ['checkpoints sandbox-1'],
  async run(context, { args: [key = ''] }) {
    return (await context.client()).workspaces.checkpoints(
      { key, snapshotter: context.globals.snapshotter },
      context.call,
    );
  },
  print: (found, { now }) =>
    renderTable(
      [{ title: 'NAME' }, { title: 'CREATED' }, { title: 'PARENT' }],
      found.map(({ name, created, parent }) => [name, formatAge(created, now), parent]),
    ),
});

/** `strata fork` */
export const fork = defineCommand<object, readonly ForkOutcome[]>({
  name: 'fork',
  summary: 'make snapshots that begin as another one is now',
  description: `Make active snapshots that begin as another one is now: of an active one by a checkpoint, which all of them are \
based on, or of a committed one. They never see each other's writes.

An active one must not be mounted.`,
  arguments: [
    { syntax: '<key>', description: 'an active snapshot, or a committed one' },
    { syntax: '<new...>', description: 'the keys of the forks' },
  ],
  examples: ['fork sandbox-1 try-1 try-2 try-3'],
  async run(context, { args: [key = '', ...keys] }) {
    const request = { key, keys, snapshotter: context.globals.snapshotter };
    const outcomes = await (await context.client()).workspaces.fork(request, context.call);
    for (const { key: made, error } of outcomes) if (error !== undefined) context.report(made, error);
    return outcomes.filter(({ error }) => error === undefined);
  },
  print: printNothing,
});

/** `strata rollback` */
export const rollback = defineCommand<object, void>({
  name: 'rollback',
  summary: 'begin an active snapshot again as a checkpoint is',
  description: `Begin an active snapshot again as a checkpoint, or any other committed snapshot, is. What was written to it since \
is deleted.

${unmounted}`,
  arguments: [
    { syntax: '<key>', description: 'the key of an active snapshot' },
    { syntax: '<checkpoint>', description: 'the name of a committed one' },
  ],
  examples: ['rollback sandbox-1 before-upgrade'],
  async run(context, { args: [key = '', to = ''] }) {
    const request = { key, to, snapshotter: context.globals.snapshotter };
    await (await context.client()).workspaces.rollback(request, context.call);
  },
  print: printNothing,
});
