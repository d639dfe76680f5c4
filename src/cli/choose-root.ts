/** Whether a command that can do without a daemon asks one, and which root it works on if not: the same for all of them. */
import type { Config } from '../daemon/index.js';
import { UnavailableError } from '../errors/index.js';
import { configOf } from './commands/config-flags.js';
import type { CommandContext } from './context.js';
import { UsageError } from './failure.js';
import type { OptionSpec } from './option-spec.js';

/** The options that name a root. */
export interface RootFlags {
  readonly root?: string;
  readonly config?: string;
}

/** How they are declared. */
export const rootOptions: readonly OptionSpec[] = [
  { flags: '--root <dir>', description: 'work on this root; no daemon may be serving it' },
  { flags: '-c, --config <file>', description: 'configuration file that says where the root is' },
];

/** The configuration that says where the root is. @throws as `configOf`. */
export function configOfRoot(context: CommandContext, { root, config }: RootFlags): Promise<Config> {
  const flags = { ...(root === undefined ? {} : { root }), ...(config === undefined ? {} : { config }) };
  return configOf(context, flags);
}

/**
 * Chooses: a root that is named is worked on; otherwise the daemon is asked. Where none answers and nobody named one, neither
 * by an option nor by the environment, the root of the configuration is worked on, and standard error says so.
 * @returns the configuration of the root; undefined when the daemon is to be asked.
 * @throws UsageError when both are named; UnavailableError when no daemon answers where one was named.
 */
export async function rootWithoutDaemon(context: CommandContext, flags: RootFlags): Promise<Config | undefined> {
  const { given } = context;
  if (flags.root !== undefined || flags.config !== undefined) {
    if (given.address === undefined) return configOfRoot(context, flags);
    throw new UsageError('--address names a daemon, --root and --config a root: want one of them');
  }
  const { address, isNamed } = context.daemon;
  const problem = await whyNoDaemon(context);
  if (problem === undefined) return undefined;
  if (isNamed) throw problem;
  const config = await configOfRoot(context, flags);
  context.note(`no daemon answers on ${address}, so this is about the root ${config.root}`);
  return config;
}

async function whyNoDaemon(context: CommandContext): Promise<UnavailableError | undefined> {
  try {
    await (await context.client()).version(context.call);
    return undefined;
  } catch (error) {
    if (error instanceof UnavailableError) return error;
    throw error;
  }
}
