import type { ConfigSources } from '../daemon/index.js';
import type { ContainerdOptions } from './containerd.js';
import type { Diagnosis } from './diagnose.js';
import type { DaemonFacts } from './facts.js';
import { settingsFacts } from './settings.js';

/**
 * Looks at this machine, as a daemon with this configuration would find it, and draws the conclusions. Nothing is
 * changed.
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
  const settings = await settingsFacts(sources);
  return diagnose(await gatherFacts({ settings, daemon: await ask(settings.address), containerd }));
}
