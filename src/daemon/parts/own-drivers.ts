import { identifierProblem } from '../../base/index.js';
import { InvalidArgumentError } from '../../errors/index.js';
import type { Driver } from '../../snapshots/index.js';
import type { SnapshotterPluginConfig } from './open-snapshotter.js';
import type { ConfiguredPlugin } from './plugin-types.js';
import { type BackEnd, type BackEndPlace, snapshotterPlugin } from './snapshotter-plugin.js';

/** What Strata passes to a back end that it opens: its directory, not made yet, and what `seal` has to put on disk. */
export type DriverPlace = Pick<BackEndPlace, 'root' | 'durability'>;

/** Opens a back end; Strata closes what it gives. */
export type OpenDriver = (place: DriverPlace) => Promise<Driver> | Driver;

/**
 * Snapshotters over back ends that are not Strata's own, by their names. They remove in the background, and have only the limits
 * that labels ask for.
 * @throws InvalidArgumentError for a name that is no identifier.
 */
export function ownDriverPlugins(
  drivers: Readonly<Record<string, OpenDriver>>,
  config: Omit<SnapshotterPluginConfig, 'durability'> & { readonly durability: string },
): readonly ConfiguredPlugin[] {
  return Object.entries(drivers).map(([name, open]) => ({ plugin: snapshotterPlugin(ownDriver(name, open)), config }));
}

function ownDriver(id: string, open: OpenDriver): BackEnd {
  const problem = identifierProblem(id);
  if (problem !== undefined) throw new InvalidArgumentError(problem);
  const limits = { policy: 'strict', defaults: {} } as const;
  return { id, syncRemove: false, limits, open: ({ root, durability }) => open({ root, durability }) };
}
