import { realpathSync } from 'node:fs';
import type { ConfigSources } from '../daemon/index.js';
import type { ContainerdOptions } from './containerd.js';
import type { Diagnosis } from './diagnose.js';
import type { DaemonFacts, SettingsFacts } from './facts.js';
import { settingsFacts } from './settings.js';

/**
 * Looks at this machine, as a daemon with this configuration would find it, and draws the conclusions. Where the sources name no
 * root, neither by a flag nor by a file, and a daemon runs at their address, this is about the root of that daemon. Nothing is changed.
 * @param ask Asks the daemon at an address.
 * @param containerd What is known about containerd; the rest is found out.
 * @throws a system error when the place of the root cannot be looked at.
 */
export async function examine(
  sources: ConfigSources,
  ask: (address: string) => Promise<DaemonFacts>,
  containerd: ContainerdOptions = {},
): Promise<Diagnosis> {
  // Loaded on first use: the command line imports this room for its configuration alone.
  const [{ diagnose }, { gatherFacts }] = await Promise.all([import('./diagnose.js'), import('./gather.js')]);
  const configured = await settingsFacts(sources);
  const daemon = await ask(configured.address);
  const settings = namesRoot(sources) ? configured : await settingsOfDaemon(sources, daemon, configured);
  return diagnose(await gatherFacts({ settings, daemon: asFarAs(settings, daemon), containerd }));
}

function namesRoot({ file, flags = [] }: ConfigSources): boolean {
  return file !== undefined || flags.some(({ path }) => path.join() === 'root');
}

/** The settings with the root that a daemon has: the configuration may have changed since it started, or be another's. */
async function settingsOfDaemon(
  { flags = [], ...sources }: ConfigSources,
  { address, root }: DaemonFacts,
  configured: SettingsFacts,
): Promise<SettingsFacts> {
  if (root === undefined) return configured;
  return settingsFacts({ ...sources, flags: [...flags, { path: ['root'], value: root, origin: address }] });
}

/** What a daemon of another root has and lacks says nothing about this one. */
function asFarAs({ root }: SettingsFacts, daemon: DaemonFacts): DaemonFacts {
  if (daemon.root === undefined) return daemon;
  return isSameDirectory(root, daemon.root) ? { ...daemon, root } : { ...daemon, plugins: [] };
}

function isSameDirectory(one: string, other: string): boolean {
  const real = (path: string): string => {
    try {
      return realpathSync(path);
    } catch {
      return path;
    }
  };
  return real(one) === real(other);
}
