import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pluginTypes } from '../daemon/index.js';
import { cannotTry, mountsWithMappedIds, tryOverlay, unsealedLayers, withTrialDirectory } from '../drivers/index.js';
import { fromSystemError } from '../errors/index.js';
import { findProgram } from '../linux/index.js';
import { type ContainerdOptions, containerdFacts } from './containerd.js';
import { type DirectoryFacts, directoryFacts } from './directory-facts.js';
import { type DaemonFacts, type DoctorFacts, neededPrograms, type OverlayTrials, type SettingsFacts } from './facts.js';
import { type MachineFacts, machineFacts } from './machine-facts.js';

/** What a diagnosis starts from. */
export interface GatherRequest {
  readonly settings: SettingsFacts;
  readonly daemon: DaemonFacts;
  readonly containerd?: ContainerdOptions;
}

/**
 * Gathers all facts. Takes some 100 ms, mostly for containerd's version and the trial mounts, and leaves nothing behind: the
 * root is not made, and trials use a temporary directory.
 */
export async function gatherFacts({ settings, daemon, containerd }: GatherRequest): Promise<DoctorFacts> {
  const machine = machineFacts();
  const root = directoryFacts(settings.root);
  const programs = neededPrograms.filter((name) => findProgram(name) !== undefined);
  return {
    node: process.versions.node,
    settings,
    machine,
    root,
    holding: holdingBelow(settings.root),
    unsealed: settings.sealedLayers ? unsealedLayers(settings.backEndRoots.erofs) : [],
    overlay: await tryOverlays(root, machine),
    programs,
    containerd: await containerdFacts(containerd),
    daemon,
  };
}

/** The snapshotters that have files below a root, whether or not a daemon has it open. */
function holdingBelow(root: string): string[] {
  const prefix = `${pluginTypes.snapshotter.uri}.`;
  return entriesOf(root)
    .filter((name) => name.startsWith(prefix))
    .filter((name) => ['snapshots', 'active', 'view'].some((place) => entriesOf(join(root, name, place)).length > 0))
    .map((name) => name.slice(prefix.length))
    .sort();
}

function entriesOf(directory: string): string[] {
  try {
    return existsSync(directory) ? readdirSync(directory) : [];
  } catch {
    // Another user's.
    return [];
  }
}

async function tryOverlays({ nearest, writable }: DirectoryFacts, machine: MachineFacts): Promise<OverlayTrials> {
  const untried: OverlayTrials = { mounts: 'untried', mapsIds: 'untried' };
  if (machine.platform !== 'linux' || !writable || machine.addonProblem !== undefined) return untried;
  const tried = await withTrialDirectory(nearest, async (directory): Promise<OverlayTrials> => {
    try {
      await tryOverlay(directory);
    } catch (error) {
      if (cannotTry(error)) return untried;
      return { mounts: 'fails', problem: fromSystemError(error).context, mapsIds: 'fails' };
    }
    const mapsIds = await mountsWithMappedIds(directory);
    // Overlay could be tried, so rights are not missing: a user namespace may not do this.
    return { mounts: 'works', mapsIds: mapsIds === true ? 'works' : 'fails' };
  });
  return tried ?? untried;
}
