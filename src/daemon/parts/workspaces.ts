import { FailedPreconditionError, InvalidArgumentError } from '../../errors/index.js';
import { definePlugin, SkipPlugin } from '../../plugins/index.js';
import type { Workspaces } from '../../rpc/client/index.js';
import type { GrpcService } from '../../rpc/engines/index.js';
import { workspacesService } from '../../rpc/services/index.js';
import { type CallContext, completedCall, noContext, type Snapshotter } from '../../snapshots/index.js';
import { type ChangesRequest, snapshotChanges, type TreeChange } from '../../workspaces/index.js';
import { AUTO } from '../config/default-choice.js';
import { type OwnMetadata, pluginTypes } from './plugin-types.js';

/** What workspaces are made of in this process. */
export interface WorkspacesParts {
  readonly snapshotters: ReadonlyMap<string, Snapshotter>;
  /** The name that `auto` stands for. */
  readonly defaultName: string;
  readonly own: OwnMetadata | undefined;
}

type Changes = (
  request: ChangesRequest & { readonly snapshotter?: string },
  call: CallContext,
) => AsyncIterable<readonly TreeChange[]>;

function changesIn({ snapshotters, defaultName, own }: WorkspacesParts): Changes {
  return ({ snapshotter: given = AUTO, ...request }, call) => {
    const name = given === AUTO ? defaultName : given;
    const snapshotter = snapshotters.get(name);
    if (snapshotter === undefined) throw new InvalidArgumentError(`snapshotter not loaded: ${name}`);
    if (own === undefined) {
      throw new FailedPreconditionError(
        'the containerd in front of this daemon has the snapshots: ask it, with "ctr snapshots diff"',
      );
    }
    return snapshotChanges({ snapshotter, leases: own.leases }, request, call);
  };
}

/** The workspaces of this process. @param namespace Of calls that name none. */
export function embeddedWorkspaces(parts: WorkspacesParts, namespace: string): Workspaces {
  const changes = changesIn(parts);
  return {
    async *changes(request, call = noContext) {
      for await (const page of changes(request, completedCall(call, { namespace }))) yield* page;
    },
  };
}

/** `strata.v1.Workspaces`. */
export const workspacesGrpcPlugin = definePlugin<GrpcService>({
  type: pluginTypes.grpc,
  id: 'workspaces',
  requires: [pluginTypes.service, pluginTypes.metadata, pluginTypes.default],
  init({ single }) {
    const { own } = single(pluginTypes.metadata);
    if (own === undefined) throw new SkipPlugin('the containerd in front has the snapshots');
    const parts = { snapshotters: single(pluginTypes.service), defaultName: single(pluginTypes.default).name, own };
    return workspacesService({ changes: changesIn(parts) });
  },
});
