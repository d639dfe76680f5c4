/** The flags of `serve` and `config show` that set what the configuration file sets too. */
import { type Config, type ConfigSources, resolveConfig, type Setting } from '../../daemon/index.js';
import { InvalidArgumentError } from '../../errors/index.js';
import type { CommandContext } from '../context.js';
import { UsageError } from '../failure.js';
import type { OptionSpec } from '../option-spec.js';
import { absolutePath, givenPath, socketArgument } from '../path-argument.js';

/** The values of these flags. */
export interface ConfigFlags {
  readonly config?: string;
  readonly root?: string;
  readonly state?: string;
  readonly address?: string;
  readonly logLevel?: string;
  readonly logFormat?: string;
  readonly proxy?: boolean;
}

interface ConfigFlag extends OptionSpec {
  readonly key: Exclude<keyof ConfigFlags, 'config'>;
  readonly path: readonly string[];
  /** For a path, which on a command line may be relative to the working directory. */
  readonly toPath?: (value: string, origin: string) => string;
}

const flags: readonly ConfigFlag[] = [
  {
    key: 'root',
    path: ['root'],
    toPath: absolutePath,
    flags: '--root <dir>',
    description: 'where everything that survives is kept',
  },
  {
    key: 'state',
    path: ['state'],
    toPath: absolutePath,
    flags: '--state <dir>',
    description: 'where what lasts for the run is kept',
  },
  {
    key: 'address',
    path: ['grpc', 'address'],
    toPath: socketArgument,
    flags: '-a, --address <path>',
    description: 'socket to listen on',
  },
  { key: 'logLevel', path: ['log_level'], flags: '--log-level <level>', description: 'trace, debug, info, warn, ...' },
  { key: 'logFormat', path: ['log_format'], flags: '--log-format <format>', description: 'auto, json or text' },
  {
    key: 'proxy',
    path: ['proxy', 'enabled'],
    flags: '--proxy',
    description: 'serve as a proxy snapshotter of a containerd, without namespaces',
  },
];

/** How the flags are declared. */
export const configOptions: readonly OptionSpec[] = [
  { flags: '-c, --config <file>', description: 'configuration file' },
  ...flags.map(({ flags: syntax, description }) => ({ flags: syntax, description })),
];

/** Where the configuration comes from that a command line means. @throws UsageError as `settingsOf`. */
export function sourcesOf({ io, given }: CommandContext, flags: ConfigFlags): ConfigSources {
  const { config } = flags;
  const file = config === undefined ? {} : { file: givenPath(config, '--config') };
  const address = given.address === undefined ? {} : { address: given.address };
  return { ...file, flags: settingsOf({ ...flags, ...address }), environment: io.environment };
}

/**
 * The configuration that a command line means.
 * @throws UsageError when a flag is wrong; otherwise as `resolveConfig`.
 */
export async function configOf(context: CommandContext, flags: ConfigFlags): Promise<Config> {
  try {
    return await resolveConfig(sourcesOf(context, flags));
  } catch (error) {
    // What is wrong is listed with its origin: first what the file says, then the flags.
    const isFlag = error instanceof InvalidArgumentError && error.context.startsWith('--');
    throw isFlag ? new UsageError(error.context) : error;
  }
}

/** The settings that the flags stand for. @throws UsageError for an empty path, or an address that is no socket's. */
export function settingsOf(given: ConfigFlags): Setting[] {
  return flags.flatMap(({ key, path, toPath, flags: syntax }) => {
    const value = given[key];
    if (value === undefined) return [];
    const origin = /--[\w-]+/.exec(syntax)?.[0] ?? syntax;
    return [{ path, value: typeof value === 'string' ? (toPath?.(value, origin) ?? value) : value, origin }];
  });
}
