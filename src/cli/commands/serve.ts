import type { Config, Daemon } from '../../daemon/index.js';
import { defineCommand, printNothing } from '../command.js';
import type { OutputStream } from '../io.js';
import { escapeText } from '../output/escape.js';
import { shellWord } from '../output/mount-line.js';
import { type ConfigFlags, configOf, configOptions } from './config-flags.js';

/** `strata serve` */
export const serve = defineCommand<ConfigFlags, void>({
  name: 'serve',
  summary: 'run the daemon',
  description: `Run the daemon in the foreground, until SIGTERM, SIGINT or SIGHUP. SIGUSR1 logs what it is doing: the calls under way,
what waits for the disk and for worker threads, and how the back ends are.

Flags beat the configuration file; "strata config show" with the same flags prints what results.`,
  options: configOptions,
  globals: 'none',
  examples: ['serve', 'serve --config /etc/strata/config.toml', 'serve --root /tmp/strata --address /tmp/strata.sock'],
  async run(context, { options }) {
    const { environment, tools } = context.io;
    const config = await configOf(context, options);
    outlive(context.io.stdout, context.io.stderr);
    const onListening = (daemon: Daemon): void => {
      if (environment.variables['STRATA_HINTS'] !== '0') context.io.stdout.write(whatToTry(config, daemon));
    };
    context.exitWith(await tools.runDaemon(config, { onListening }));
  },
  print: printNothing,
});

/** A daemon goes on serving when nobody takes any more what it says: a closed terminal, a full disk. */
function outlive(...streams: readonly OutputStream[]): void {
  for (const stream of streams) stream.removeAllListeners('error').on('error', () => undefined);
}

/** Where it serves and what to do next, for people who started it by hand. */
function whatToTry({ proxy }: Config, { address, root }: Daemon): string {
  const next = proxy.enabled
    ? `Try, in another terminal:

  bin/strata config containerd --address ${shellWord(address)}    # add this to containerd's configuration, and restart it
  ctr run --snapshotter strata ...
`
    : `Try, in another terminal:

  export STRATA_ADDRESS=${shellWord(address)}
  bin/strata prepare build         # a snapshot to write to
  bin/strata commit base build     # makes it a layer
  bin/strata prepare work base     # another one on top of it
  bin/strata tree
  ctr --address ${shellWord(address)} snapshots ls
`;
  const where = escapeText(`strata serves containerd's snapshots API on ${address}; everything is kept in ${root}.`);
  return `${where}\n${next}Ctrl-C ends it.\n`;
}
