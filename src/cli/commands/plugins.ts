import type { PluginDescription } from '../../rpc/client/index.js';
import { defineCommand, type View } from '../command.js';
import { explainEmpty } from '../filters.js';
import { labelList } from '../labels.js';
import { renderFields, renderTable } from '../output/table.js';

interface PluginsOptions {
  readonly detailed?: boolean;
}

type Status = 'ok' | 'skip' | 'error';

interface ShownPlugin extends Omit<PluginDescription, 'initError'> {
  readonly status: Status;
  /** Why it did not start. */
  readonly error?: string;
}

function shownPlugin({ initError, ...plugin }: PluginDescription): ShownPlugin {
  if (initError === undefined) return { ...plugin, status: 'ok' };
  // The only sign on the wire (containerd: cmd/ctr/commands/plugins).
  const status = initError.message.includes('skip plugin') ? 'skip' : 'error';
  return { ...plugin, status, error: initError.context };
}

function platformsOf({ platforms }: ShownPlugin): string {
  const texts = platforms.map(({ os, architecture, variant }) => [os, architecture, variant].filter(Boolean).join('/'));
  return texts.length === 0 ? '-' : texts.join(',');
}

function* renderDetails(plugin: ShownPlugin): Generator<string> {
  const { type, id, status, error, requires, capabilities, exports } = plugin;
  const lists: readonly (readonly [string, readonly string[]])[] = [
    ['Requires', requires],
    ['Capabilities', capabilities],
    ['Exports', labelList(exports)],
  ];
  yield* renderFields([
    ['Type', type],
    ['ID', id],
    ['Platforms', platformsOf(plugin)],
    ['Status', status],
    ...(error === undefined ? [] : [['Error', error] as const]),
    ...lists.flatMap(([name, items]) => items.map((item, index) => [index === 0 ? name : '', item] as const)),
  ]);
}

const columns = [{ title: 'TYPE' }, { title: 'ID' }, { title: 'PLATFORMS' }, { title: 'STATUS' }];

function* printPlugins(plugins: readonly ShownPlugin[], { options }: View<PluginsOptions>): Generator<string> {
  if (options.detailed === true) {
    for (const [index, plugin] of plugins.entries()) {
      if (index > 0) yield '';
      yield* renderDetails(plugin);
    }
  } else
    yield* renderTable(
      columns,
      plugins.map((plugin) => [plugin.type, plugin.id, platformsOf(plugin), plugin.status]),
    );
}

/** `strata plugins` */
export const plugins = defineCommand<PluginsOptions, readonly ShownPlugin[]>({
  name: 'plugins',
  summary: 'list the parts of the daemon and how they fared',
  arguments: [{ syntax: '[filter...]', description: 'on type and id; all when absent', mayBeEmpty: true }],
  options: [{ flags: '-d, --detailed', description: 'show capabilities, exports and errors' }],
  examples: ['plugins', 'plugins -d id==overlayfs'],
  async run(context, { args }) {
    const client = await context.client();
    const found = await client.plugins(args, context.call);
    if (found.length === 0) explainEmpty(context, args, 'id');
    return found.map(shownPlugin);
  },
  print: printPlugins,
});
