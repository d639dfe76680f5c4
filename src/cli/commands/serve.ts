import { resolveConfig } from '../../server/index.js';
import { defineCommand, printNothing } from '../command.js';
import { type ConfigFlags, configOptions, settingsOf } from './config-flags.js';

/** `strata serve` */
export const serve = defineCommand<ConfigFlags, void>({
  name: 'serve',
  summary: 'run the daemon',
  description: `Run the daemon in the foreground, until SIGTERM or SIGINT.

Flags beat the configuration file; "strata config show" with the same flags prints what results.`,
  options: configOptions,
  globals: 'none',
  examples: ['serve', 'serve --config /etc/strata/config.toml', 'serve --root /tmp/strata --address /tmp/strata.sock'],
  async run(context, { options }) {
    const { environment, tools } = context.io;
    const given = { ...options, ...context.given };
    const file = given.config === undefined ? {} : { file: given.config };
    const config = await resolveConfig({ ...file, flags: settingsOf(given), environment });
    context.exitWith(await tools.runDaemon(config));
  },
  print: printNothing,
});
