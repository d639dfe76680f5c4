import type { CallContext } from '../../snapshots/index.js';
import type { ChangesRequest, TreeChange } from '../../workspaces/index.js';
import { defineService, type GrpcService } from '../engines/index.js';
import { wireWorkspaces } from '../proto/index.js';

/** What the service needs. */
export interface WorkspacesServiceOptions {
  /** The changes of a snapshot; `snapshotter` names its back end. */
  readonly changes: (
    request: ChangesRequest & { readonly snapshotter: string },
    call: CallContext,
  ) => AsyncIterable<readonly TreeChange[]>;
}

/** The service `strata.v1.Workspaces`. */
export function workspacesService({ changes }: WorkspacesServiceOptions): GrpcService {
  return defineService(wireWorkspaces.WorkspacesDefinition, {
    changes: async function* ({ snapshotter, key, since }, call) {
      const request = { snapshotter, key, ...(since === undefined ? {} : { since }) };
      for await (const page of changes(request, call)) yield { changes: [...page], complete: false };
      yield { changes: [], complete: true };
    },
  });
}
