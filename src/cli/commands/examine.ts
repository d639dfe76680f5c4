/** Looking at this machine, for the commands that say what was found. */
import { pluginTypes } from '../../daemon/index.js';
import type { DaemonFacts, DaemonPlugin, Diagnosis } from '../../doctor/index.js';
import type { PluginDescription } from '../../rpc/client/index.js';
import type { CommandContext } from '../context.js';
import { isDenied } from '../failure.js';
import type { OptionSpec } from '../option-spec.js';
import { type ConfigFlags, configOptions, sourcesOf } from './config-flags.js';

/** What is known about a containerd. */
export interface ContainerdFlags {
  readonly containerdConfig?: string;
  readonly containerdVersion?: string;
}

/** How these flags are declared. */
const containerdOptions: readonly OptionSpec[] = [
  {
    flags: '--containerd-config <file>',
    description: "containerd's configuration, where that is not in /etc/containerd",
  },
  {
    flags: '--containerd-version <version>',
    description: 'of a containerd that is not in the search path; imports of its configuration are not followed',
  },
];

/** How long a daemon that does not answer is waited for, in milliseconds. */
const PATIENCE = 3000;

/** The flags of the commands that look: those of a daemon, of which the address is where to ask. */
export const examineOptions: readonly OptionSpec[] = [
  ...configOptions.map((option) =>
    option.flags.includes('--address') ? { ...option, description: 'socket of the daemon ($STRATA_ADDRESS)' } : option,
  ),
  ...containerdOptions,
];

/** Looks at this machine, and asks the daemon that is named, or else the configured one. @throws what keeps it from looking. */
export async function examine(context: CommandContext, options: ConfigFlags & ContainerdFlags): Promise<Diagnosis> {
  const sources = sourcesOf(context, { ...options, ...namedAddress(context, options) });
  const { containerdConfig: configFile, containerdVersion: version } = options;
  const containerd = {
    ...(configFile === undefined ? {} : { configFile }),
    ...(version === undefined ? {} : { version }),
  };
  return context.io.tools.examine(sources, (address) => daemonFacts(context, address), containerd);
}

/** The address of the daemon that is asked; absent where the configuration says it, which a file does that is named. */
function namedAddress({ given, daemon }: CommandContext, { config }: ConfigFlags): Pick<ConfigFlags, 'address'> {
  const isNamed = config === undefined ? daemon.isNamed : given.address !== undefined;
  return isNamed ? { address: daemon.address } : {};
}

/** What there is of a daemon at an address, found out by asking it. */
async function daemonFacts({ io }: CommandContext, address: string): Promise<DaemonFacts> {
  try {
    await using client = await io.tools.connect({ address });
    const call = { signal: AbortSignal.timeout(PATIENCE) };
    const [{ version }, plugins] = await Promise.all([client.version(call), client.plugins([], call)]);
    const root = plugins.find(({ type }) => type === pluginTypes.store.uri)?.exports.get('root');
    const place = root === undefined ? {} : { root };
    return { address, state: 'running', version, ...place, plugins: plugins.map(daemonPlugin) };
  } catch (error) {
    return { address, state: isDenied(error) ? 'denied' : 'not running', plugins: [] };
  }
}

function daemonPlugin({ type, id, capabilities, exports, initError }: PluginDescription): DaemonPlugin {
  const problem = initError === undefined ? {} : { problem: initError.context.replace(/: skip plugin$/, '') };
  const skipped = initError?.message.includes('skip plugin') ?? false;
  return { type, id, capabilities, exports, skipped, ...problem };
}
