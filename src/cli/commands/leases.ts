import { parseDuration } from '../../base/api/index.js';
import type { ClientLeases, Lease, LeaseResource } from '../../rpc/client/index.js';
import { type CommandGroup, defineCommand, printNothing } from '../command.js';
import type { CommandContext } from '../context.js';
import { UsageError } from '../failure.js';
import { explainEmpty } from '../filters.js';
import { labelList, parseLabels } from '../labels.js';
import { escapeText } from '../output/escape.js';
import { renderTable } from '../output/table.js';
import { formatAge } from '../output/units.js';

const expireLabel = 'containerd.io/gc.expire';
const flatLabel = 'containerd.io/gc.flat';

async function leasesOf(context: CommandContext): Promise<ClientLeases> {
  return (await context.client()).leases;
}

const ls = defineCommand<object, readonly Lease[]>({
  name: 'ls',
  aliases: ['list'],
  summary: 'list leases',
  arguments: [{ syntax: '[filters...]', description: 'on id and labels."<key>"; all when absent', mayBeEmpty: true }],
  examples: ['leases ls', 'leases ls labels.owner==ci'],
  async run(context, { args }) {
    const found = await (await leasesOf(context)).list(args, context.call);
    if (found.length === 0) explainEmpty(context, args, 'id');
    return found;
  },
  print: (leases, { now }) =>
    renderTable(
      [{ title: 'ID' }, { title: 'CREATED' }, { title: 'LABELS' }],
      leases.map(({ id, created, labels }) => [id, formatAge(created, now), labelList(labels).join(',')]),
    ),
});

interface CreateFlags {
  readonly id?: string;
  readonly expires?: string;
  readonly flat?: boolean;
}

const create = defineCommand<CreateFlags, Lease>({
  name: 'create',
  summary: 'make a lease, and print its id',
  description: `Make a lease, and print its id. What a command makes with --lease comes under it: it is not collected until \
the lease is removed or expires.`,
  arguments: [{ syntax: '[labels...]', description: '<key>=<value>' }],
  options: [
    { flags: '--id <id>', description: 'what to call it; one is made up otherwise' },
    { flags: '--expires <duration>', description: 'how long it lasts, such as 24h; until it is removed otherwise' },
    { flags: '--flat', description: 'keeps what is under it and its parents, not what labels refer to' },
  ],
  examples: ['leases create --expires 24h owner=ci', 'leases create --id build-17'],
  async run(context, { args, options: { id = '', expires, flat = false } }) {
    const labels = new Map(parseLabels(args));
    if (expires !== undefined) labels.set(expireLabel, expiryOf(expires, context.style.now));
    if (flat) labels.set(flatLabel, 'true');
    return (await leasesOf(context)).create({ id, labels }, context.call);
  },
  print: ({ id }) => [escapeText(id)],
});

function expiryOf(text: string, now: Date): string {
  const milliseconds = parseDuration(text);
  if (milliseconds === undefined) throw new UsageError(`--expires ${text}: want a duration such as 30m, 24h or 7d`);
  return new Date(now.getTime() + milliseconds).toISOString();
}

const rm = defineCommand<{ readonly sync?: boolean }, void>({
  name: 'rm',
  aliases: ['remove', 'delete'],
  summary: 'remove leases',
  description: 'Remove leases. What was under them alone is collected afterwards.',
  arguments: [{ syntax: '<id...>', description: 'their ids' }],
  options: [{ flags: '--sync', description: 'wait until it is collected' }],
  examples: ['leases rm build-17', 'leases rm --sync build-17'],
  async run(context, { args, options: { sync = false } }) {
    const leases = await leasesOf(context);
    for (const [index, id] of args.entries()) {
      // One collection does for all of them.
      const last = index === args.length - 1;
      await leases
        .delete(id, { sync: sync && last }, context.call)
        .catch((error: unknown) => context.report(id, error));
    }
  },
  print: printNothing,
});

const resources = defineCommand<object, readonly LeaseResource[]>({
  name: 'resources',
  summary: 'list what is under a lease',
  arguments: [{ syntax: '<id>', description: 'the lease' }],
  examples: ['leases resources build-17'],
  run: async (context, { args: [id = ''] }) => (await leasesOf(context)).listResources(id, context.call),
  print: (found) =>
    renderTable(
      [{ title: 'TYPE' }, { title: 'ID' }],
      found.map(({ type, id }) => [type, id]),
    ),
});

/** Snapshots as a lease names them: with the snapshotter that `auto` stands for. */
async function snapshotsNamed(context: CommandContext, keys: readonly string[]): Promise<LeaseResource[]> {
  let { snapshotter } = context.globals;
  if (snapshotter === 'auto') {
    const plugin = { type: 'io.strata.default.v1', id: 'snapshotter' };
    const { exports } = await (await context.client()).pluginInfo(plugin, context.call);
    snapshotter = exports.get('name') ?? snapshotter;
  }
  return keys.map((id) => ({ type: `snapshots/${snapshotter}`, id }));
}

const add = defineCommand<object, void>({
  name: 'add',
  summary: 'put snapshots under a lease',
  arguments: [
    { syntax: '<id>', description: 'the lease' },
    { syntax: '<keys...>', description: 'keys and names of snapshots; they need not exist' },
  ],
  examples: ['leases add build-17 layer-1'],
  async run(context, { args: [id = '', ...keys] }) {
    const leases = await leasesOf(context);
    for (const resource of await snapshotsNamed(context, keys)) await leases.addResource(id, resource, context.call);
  },
  print: printNothing,
});

const drop = defineCommand<object, void>({
  name: 'drop',
  summary: 'take snapshots off a lease',
  arguments: [
    { syntax: '<id>', description: 'the lease' },
    { syntax: '<keys...>', description: 'keys and names of snapshots' },
  ],
  examples: ['leases drop build-17 layer-1'],
  async run(context, { args: [id = '', ...keys] }) {
    const leases = await leasesOf(context);
    for (const resource of await snapshotsNamed(context, keys)) await leases.deleteResource(id, resource, context.call);
  },
  print: printNothing,
});

/** `strata leases` */
export const leases: CommandGroup = {
  name: 'leases',
  aliases: ['lease'],
  summary: 'list, make and remove leases, which keep snapshots from being collected',
  commands: [ls, create, rm, resources, add, drop],
};
