/** Changing the snapshots of a daemon that serves a containerd in front. */
import { FailedPreconditionError, NotImplementedError } from '../errors/index.js';
import { parseProxiedKey, type Snapshotter } from '../snapshots/api/index.js';
import type { CommandContext } from './context.js';
import { ctrCommand } from './output/ctr-command.js';

/** The option of commands that change snapshots. */
export interface ForceFlag {
  readonly force?: boolean;
}

/** Its description. */
export const forceFlag = { flags: '--force', description: 'even where the snapshots belong to a containerd in front' };

/** A change of snapshots, as `ctr` makes it. */
export interface Change {
  /** The word behind `ctr snapshots`. */
  readonly verb: string;
  /** The words behind it that name snapshots; a missing one is empty. */
  readonly keys: readonly string[];
  /** The words behind those. */
  readonly more?: readonly string[];
}

/**
 * The snapshotter that the command line names, to be changed.
 * @throws FailedPreconditionError, which names the command of containerd to use instead, when a containerd in front has records
 * of its own of these snapshots, and no force is used.
 */
export async function snapshotterToChange(
  context: CommandContext,
  { force = false }: ForceFlag,
  change: Change,
): Promise<Snapshotter> {
  if (!force && (await servesContainerd(context))) {
    const instead = insteadOf(change, context.globals.namespace);
    throw new FailedPreconditionError(
      `the snapshots of this daemon belong to the containerd in front of it, which would not know of the change: use "${instead}", or --force`,
    );
  }
  return context.snapshotter();
}

const metadata = { type: 'io.containerd.metadata.v1', id: 'sqlite' };

async function servesContainerd(context: CommandContext): Promise<boolean> {
  try {
    const plugins = await (await context.client()).plugins([`type==${metadata.type},id==${metadata.id}`], context.call);
    const found = plugins.find(({ type, id }) => type === metadata.type && id === metadata.id);
    return found?.exports.get('proxy') === 'true';
  } catch (error) {
    // A server with nothing but snapshots has no containerd in front that Strata would know of.
    if (error instanceof NotImplementedError) return false;
    throw error;
  }
}

function insteadOf({ verb, keys, more = [] }: Change, defaultNamespace: string): string {
  const named = keys.filter((key) => key !== '').map((key) => ({ key, proxied: parseProxiedKey(key) }));
  const namespace = named.find(({ proxied }) => proxied !== undefined)?.proxied?.namespace ?? defaultNamespace;
  const words = named.map(({ key, proxied }) => proxied?.key ?? key);
  return ctrCommand({ namespace, words: [verb, ...words, ...more] });
}
