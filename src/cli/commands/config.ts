import { type Config, defaultConfig, renderToml, resolveConfig } from '../../daemon/index.js';
import { type CommandGroup, defineCommand } from '../command.js';
import { type ConfigFlags, configOptions, settingsOf } from './config-flags.js';

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
  run(context, { options }) {
    const given = { ...options, ...context.given };
    const file = given.config === undefined ? {} : { file: given.config };
    return resolveConfig({ ...file, flags: settingsOf(given), environment: context.io.environment });
  },
  print: (config) => [renderToml(config, { comments: false }).trimEnd()],
});

/** `strata config` */
export const config: CommandGroup = {
  name: 'config',
  summary: 'show the configuration of the daemon',
  commands: [showDefault, show],
};
