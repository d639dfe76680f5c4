import { type Config, defaultConfig, renderToml } from '../../daemon/index.js';
import { type ForContainerd, renderForContainerd } from '../../doctor/index.js';
import { InvalidArgumentError } from '../../errors/index.js';
import { type CommandGroup, defineCommand } from '../command.js';
import { type ConfigFlags, configOf, configOptions } from './config-flags.js';
import { type ContainerdFlags, examine, examineOptions } from './examine.js';

const showDefault = defineCommand<object, Config>({
  name: 'default',
  summary: 'print a complete configuration file with comments',
  globals: 'local',
  examples: ['config default > /etc/strata/config.toml'],
  run: async (context) => defaultConfig(context.io.environment),
  print: (config) => [renderToml(config, { comments: true }).trimEnd()],
});

const show = defineCommand<ConfigFlags, Config>({
  name: 'show',
  summary: 'print the configuration that file, flags and defaults result in',
  description: `Print the configuration that file, flags and defaults result in.

An error names the file, the line, the key and what is wanted there, so this is also how to check a file.`,
  options: configOptions,
  globals: 'local',
  examples: ['config show', 'config show --config ./config.toml --proxy'],
  run: (context, { options }) => configOf(context, options),
  print: (config) => [renderToml(config, { comments: false }).trimEnd()],
});

const forContainerd = defineCommand<ConfigFlags & ContainerdFlags, ForContainerd>({
  name: 'containerd',
  summary: "print what containerd's configuration has to say about Strata",
  description: `Print what containerd's configuration has to say about Strata: for the containerd in the search path, and for the \
back end that the daemon uses, or would use here. "strata doctor" says where the two differ.`,
  options: examineOptions,
  globals: 'local',
  examples: ['config containerd', 'config containerd --containerd-version 2.3'],
  async run(context, { options }) {
    const { facts, forContainerd: wanted } = await examine(context, options);
    const { settings, containerd } = facts;
    if (settings.problem !== undefined) {
      throw new InvalidArgumentError(`the configuration cannot be used: ${settings.problem}`);
    }
    if (wanted !== undefined) return wanted;
    const found =
      containerd.version === undefined
        ? 'containerd is not in the search path'
        : `containerd's version is "${containerd.version}"`;
    throw new InvalidArgumentError(`${found}: name its version, as in --containerd-version 2.1`);
  },
  print: renderForContainerd,
});

/** `strata config` */
export const config: CommandGroup = {
  name: 'config',
  summary: 'show the configuration of the daemon',
  commands: [showDefault, show, forContainerd],
};
