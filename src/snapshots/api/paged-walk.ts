import type { Snapshotter, WalkRequest } from './snapshotter.js';
import type { CallContext, Info } from './types.js';

/** A snapshotter that walks page by page, which saves a step of an asynchronous iterator for each snapshot. */
export interface PagedSnapshotter extends Snapshotter {
  /** As `walk`, in pages of any size, none empty. */
  walkPages(request: WalkRequest, call: CallContext): AsyncIterable<readonly Info[]>;
}

/** The pages of a walk; single snapshots where the snapshotter gives them one by one. */
export function walkPages(
  snapshotter: Snapshotter,
  request: WalkRequest,
  call: CallContext,
): AsyncIterable<readonly Info[]> {
  return isPaged(snapshotter) ? snapshotter.walkPages(request, call) : onePerPage(snapshotter.walk(request, call));
}

/** The snapshots of pages, one by one. */
export async function* eachOf(pages: AsyncIterable<readonly Info[]>): AsyncGenerator<Info> {
  for await (const page of pages) yield* page;
}

function isPaged(snapshotter: Snapshotter): snapshotter is PagedSnapshotter {
  return 'walkPages' in snapshotter;
}

async function* onePerPage(infos: AsyncIterable<Info>): AsyncGenerator<readonly Info[]> {
  for await (const info of infos) yield [info];
}
