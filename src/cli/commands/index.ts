import type { CliCommand } from '../command.js';

/** A command that is loaded when it is needed: a command line needs one of them, and all together take long. */
export interface CommandEntry {
  /** Its name, and its aliases. */
  readonly names: readonly string[];
  readonly load: () => Promise<CliCommand>;
}

/** Every command, in the order of the help. A new one is a file here and a line in this list. */
export const commandEntries: readonly CommandEntry[] = [
  { names: ['serve'], load: async () => (await import('./serve.js')).serve },
  { names: ['config'], load: async () => (await import('./config.js')).config },
  { names: ['ls', 'list'], load: async () => (await import('./ls.js')).ls },
  { names: ['tree'], load: async () => (await import('./tree.js')).tree },
  { names: ['info', 'stat'], load: async () => (await import('./info.js')).info },
  { names: ['usage', 'du'], load: async () => (await import('./usage.js')).usage },
  { names: ['diff'], load: async () => (await import('./diff.js')).diff },
  { names: ['checkpoint'], load: async () => (await import('./workspaces.js')).checkpoint },
  { names: ['checkpoints'], load: async () => (await import('./workspaces.js')).checkpoints },
  { names: ['fork'], load: async () => (await import('./workspaces.js')).fork },
  { names: ['rollback'], load: async () => (await import('./workspaces.js')).rollback },
  { names: ['prepare'], load: async () => (await import('./create.js')).prepare },
  { names: ['view'], load: async () => (await import('./create.js')).view },
  { names: ['mount'], load: async () => (await import('./mount.js')).mount },
  { names: ['umount', 'unmount'], load: async () => (await import('./mount.js')).umount },
  { names: ['mounts'], load: async () => (await import('./mounts.js')).mounts },
  { names: ['commit'], load: async () => (await import('./commit.js')).commit },
  { names: ['import'], load: async () => (await import('./import.js')).importImages },
  { names: ['images', 'image'], load: async () => (await import('./images.js')).images },
  { names: ['label'], load: async () => (await import('./label.js')).label },
  { names: ['limit'], load: async () => (await import('./limit.js')).limit },
  { names: ['rm', 'remove', 'delete', 'del'], load: async () => (await import('./rm.js')).rm },
  { names: ['events'], load: async () => (await import('./events.js')).events },
  { names: ['namespaces', 'namespace', 'ns'], load: async () => (await import('./namespaces.js')).namespaces },
  { names: ['leases', 'lease'], load: async () => (await import('./leases.js')).leases },
  { names: ['why'], load: async () => (await import('./why.js')).why },
  { names: ['gc'], load: async () => (await import('./gc.js')).gc },
  { names: ['plugins'], load: async () => (await import('./plugins.js')).plugins },
  { names: ['doctor'], load: async () => (await import('./doctor.js')).doctor },
  { names: ['check'], load: async () => (await import('./check.js')).check },
  { names: ['backup'], load: async () => (await import('./backup.js')).backup },
  { names: ['restore'], load: async () => (await import('./restore.js')).restore },
  { names: ['version'], load: async () => (await import('./version.js')).version },
];

/** Loads commands; all of them by default. */
export function loadCommands(entries: readonly CommandEntry[] = commandEntries): Promise<readonly CliCommand[]> {
  return Promise.all(entries.map(({ load }) => load()));
}
