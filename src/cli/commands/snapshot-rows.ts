import { NotFoundError } from '../../errors/index.js';
import type { Info, Snapshotter, Usage } from '../../snapshots/index.js';
import { mapConcurrent } from '../concurrent.js';
import type { CommandContext } from '../context.js';

/** A snapshot, with what it takes when that was asked for. */
export type SnapshotRow = Info & Partial<Usage>;

/** Which snapshots, and what of them. */
export interface RowsRequest {
  readonly filters?: readonly string[];
  /** Whether to ask for sizes: one more call for each snapshot, and a walk of its files for each active one. */
  readonly size?: boolean;
}

/** How many sizes are asked for at once: enough to hide the way to the daemon and back, too few to crowd it. */
const CONCURRENT_CALLS = 16;

/** The snapshots of the namespace, in the byte order of their names. */
export async function snapshotRows(
  context: CommandContext,
  { filters = [], size }: RowsRequest,
): Promise<SnapshotRow[]> {
  const snapshotter = await context.snapshotter();
  const infos: Info[] = [];
  for await (const info of snapshotter.walk({ filters }, context.call)) infos.push(info);
  if (size !== true) return infos;
  return mapConcurrent(infos, (info) => withUsage(info, { snapshotter, context }), { limit: CONCURRENT_CALLS });
}

interface UsageSource {
  readonly snapshotter: Snapshotter;
  readonly context: CommandContext;
}

async function withUsage(info: Info, { snapshotter, context }: UsageSource): Promise<SnapshotRow> {
  try {
    return { ...info, ...(await snapshotter.usage(info.name, context.call)) };
  } catch (error) {
    // It was removed since it was listed; that is no failure of listing.
    if (error instanceof NotFoundError) return info;
    throw error;
  }
}
