/** The two commands that make snapshots: the same but for what they make. */
import type { Mount } from '../../snapshots/index.js';
import { type ArgumentSpec, type CommandInput, defineCommand } from '../command.js';
import type { CommandContext } from '../context.js';
import { UsageError } from '../failure.js';
import { rootLabel } from '../labels.js';
import { type LimitFlags, limitFlags, limitLabels } from '../limit-flags.js';
import { mountLine } from '../output/mount-line.js';
import { givenPath } from '../path-argument.js';
import { type ForceFlag, forceFlag, snapshotterToChange } from '../proxied.js';

interface CreateOptions extends LimitFlags, ForceFlag {
  readonly target?: string;
  readonly uidMap?: string;
  readonly gidMap?: string;
}

interface Created {
  readonly key: string;
  readonly parent: string;
  readonly mounts: readonly Mount[];
}

type Method = 'prepare' | 'view';

function creator(method: Method): (context: CommandContext, input: CommandInput<CreateOptions>) => Promise<Created> {
  return async (context, { args: [key = '', parent = ''], options }) => {
    if (options.target !== undefined) givenPath(options.target, '--target');
    const labels = new Map([
      ...rootLabel(context.io.tools.now(), context.globals.lease),
      ...mappingLabels(options),
      ...limitLabels(options),
    ]);
    const snapshotter = await snapshotterToChange(context, options, { verb: method, keys: [key, parent] });
    const mounts = await snapshotter[method]({ key, parent, labels }, context.call);
    return { key, parent, mounts };
  };
}

/** Labels that give the files of the snapshot other owners where it is mounted. */
function mappingLabels({ uidMap, gidMap }: CreateOptions): [string, string][] {
  requireMap(uidMap, '--uid-map');
  requireMap(gidMap, '--gid-map');
  const labels: readonly (readonly [string, string | undefined])[] = [
    ['containerd.io/snapshot/uidmapping', uidMap],
    ['containerd.io/snapshot/gidmapping', gidMap ?? uidMap],
  ];
  return labels.flatMap(([key, map]): [string, string][] => (map === undefined ? [] : [[key, map]]));
}

const MAP = /^\d+:\d+:\d+(,\d+:\d+:\d+)*$/;

function requireMap(map: string | undefined, name: string): void {
  if (map === undefined || MAP.test(map)) return;
  throw new UsageError(`${name}: want container:host:length, several with commas, got ${JSON.stringify(map)}`);
}

function printMounts({ mounts }: Created, { options: { target } }: { readonly options: CreateOptions }): string[] {
  return target === undefined ? [] : mounts.map((mount) => mountLine(mount, target));
}

const target = { flags: '-t, --target <dir>', description: 'print the commands that mount it at this directory' };
const maps = [
  {
    flags: '--uid-map <map>',
    description: 'whom users become on the host: container:host:length, several with commas',
  },
  { flags: '--gid-map <map>', description: 'the same for groups; as --uid-map when absent' },
];
const parent: ArgumentSpec = {
  syntax: '[parent]',
  description: 'the committed snapshot below it; none starts empty',
  mayBeEmpty: true,
};

/** `strata prepare` */
export const prepare = defineCommand<CreateOptions, Created>({
  name: 'prepare',
  summary: 'make a snapshot to write to',
  description: `Make an active snapshot: writable, over a committed one or empty.

It is kept until it is removed or committed (label containerd.io/gc.root); with --lease as long as the lease is there.`,
  arguments: [{ syntax: '<key>', description: 'what to call it' }, parent],
  options: [target, ...maps, ...limitFlags, forceFlag],
  examples: [
    'prepare base',
    'prepare sandbox-1 base',
    'prepare --uid-map 0:100000:65536 sandbox-2 base',
    'prepare --size 10G sandbox-3 base',
    'prepare -t /mnt sandbox-1 base | sudo sh',
  ],
  run: creator('prepare'),
  print: printMounts,
});

/** `strata view`. Unlike ctr's it sets the same label as `prepare`: without it the view is collected as garbage. */
export const view = defineCommand<CreateOptions, Created>({
  name: 'view',
  summary: 'make a read-only view of a committed snapshot',
  description: `Make a view: a read-only look at a committed snapshot.

It is kept until it is removed (label containerd.io/gc.root); with --lease as long as the lease is there.`,
  arguments: [{ syntax: '<key>', description: 'what to call it' }, parent],
  options: [target, ...maps, forceFlag],
  examples: ['view look base', 'view -t /mnt look base | sudo sh'],
  run: creator('view'),
  print: printMounts,
});
