/** Which snapshotter serves callers that name none. */

/** What `snapshotter` in the configuration says when the choice is left to Strata, and what clients may ask for. */
export const AUTO = 'auto';

/**
 * The order of preference: overlayfs is the fastest and needs nothing else; btrfs shares blocks; native works anywhere
 * but copies everything. The others need preparation, so they are never chosen automatically.
 */
export const automaticChoices: readonly string[] = ['overlayfs', 'btrfs', 'native'];

/** What the choice is made from. */
export interface DefaultRequest {
  /** {@link AUTO}, or the name of a snapshotter. */
  readonly configured: string;
  /** What was chosen for this root before; undefined for a new one. */
  readonly recorded: string | undefined;
  /** The snapshotters that have snapshots. */
  readonly holding: readonly string[];
  /** Those that can be used here; of several, the one that comes first in the order of preference is taken. */
  readonly usable: readonly string[];
  /** Why others cannot be used, by name. */
  readonly obstacles: ReadonlyMap<string, string>;
}

/** A choice and the reason for it. */
export interface DefaultChoice {
  readonly name: string;
  /** A sentence for people, without the name. */
  readonly reason: string;
}

const HELD = 'the root has snapshots in it';

function preferred(names: readonly string[]): string | undefined {
  return automaticChoices.find((name) => names.includes(name));
}

function passedOver(chosen: string, obstacles: ReadonlyMap<string, string>): string {
  const before = automaticChoices.slice(0, Math.max(0, automaticChoices.indexOf(chosen)));
  const why = before.map((name) => `${name} does not work here (${obstacles.get(name) ?? 'not started'})`);
  return why.length === 0 ? 'it works here' : why.join(', ');
}

/**
 * Chooses. A configured snapshotter is taken. Otherwise a root keeps the one that has its snapshots, so that no change of the
 * machine hides them; a root without snapshots gets the best that works. Pure.
 */
export function chooseDefault({ configured, recorded, holding, usable, obstacles }: DefaultRequest): DefaultChoice {
  if (configured !== AUTO) return { name: configured, reason: 'it is configured' };
  if (recorded !== undefined && holding.includes(recorded)) return { name: recorded, reason: HELD };
  if (recorded !== undefined && holding.length > 0 && usable.includes(recorded)) {
    return { name: recorded, reason: 'it was chosen when the root was new' };
  }
  const held = preferred(holding);
  if (held !== undefined) return { name: held, reason: HELD };
  const name = preferred(usable);
  if (name !== undefined) return { name, reason: passedOver(name, obstacles) };
  const [only] = usable;
  if (only !== undefined) return { name: only, reason: 'no other one is started' };
  return { name: automaticChoices[0] ?? AUTO, reason: 'none works here' };
}
