/** Looking at this machine, for the commands that say what was found. */
import type { DaemonFacts, DaemonPlugin, Diagnosis } from '../../doctor/index.js';
import type { PluginDescription } from '../../rpc/client/index.js';
import type { CommandContext } from '../context.js';
import { isDenied } from '../failure.js';
import type { OptionSpec } from '../option-spec.js';
import { type ConfigFlags, settingsOf } from './config-flags.js';

/** What is known about a containerd. */
export interface ContainerdFlags {
  readonly containerdConfig?: string;
  readonly containerdVersion?: string;
}

/** How these flags are declared. */
export const containerdOptions: readonly OptionSpec[] = [
  {
    flags: '--containerd-config <file>',
    description: "containerd's configuration; /etc/containerd/config.toml by default",
  },
  {
    flags: '--containerd-version <version>',
    description: 'of a containerd that is not in the search path; imports of its configuration are not followed',
  },
];

/** How long a daemon that does not answer is waited for, in milliseconds. */
const PATIENCE = 3000;

/** Looks at this machine, and asks the daemon at the configured address. @throws what keeps it from looking. */
export async function examine(context: CommandContext, options: ConfigFlags & ContainerdFlags): Promise<Diagnosis> {
  const given = { ...options, ...context.given };
  const file = given.config === undefined ? {} : { file: given.config };
  const sources = { ...file, flags: settingsOf(given), environment: context.io.environment };
  const { containerdConfig: configFile, containerdVersion: version } = options;
  const containerd = {
    ...(configFile === undefined ? {} : { configFile }),
    ...(version === undefined ? {} : { version }),
  };
  return context.io.tools.examine(sources, (address) => daemonFacts(context, address), containerd);
}

/** What there is of a daemon at an address, found out by asking it. */
async function daemonFacts({ io }: CommandContext, address: string): Promise<DaemonFacts> {
  try {
    await using client = await io.tools.connect({ address });
    const call = { signal: AbortSignal.timeout(PATIENCE) };
    const [{ version }, plugins] = await Promise.all([client.version(call), client.plugins([], call)]);
    return { address, state: 'running', version, plugins: plugins.map(daemonPlugin) };
  } catch (error) {
    return { address, state: isDenied(error) ? 'denied' : 'not running', plugins: [] };
  }
}

function daemonPlugin({ type, id, capabilities, exports, initError }: PluginDescription): DaemonPlugin {
  const problem = initError === undefined ? {} : { problem: initError.context };
  const skipped = initError?.message.includes('skip plugin') ?? false;
  return { type, id, capabilities, exports, skipped, ...problem };
}
