import { type CallContext, completedCall, noContext } from '../../snapshots/index.js';
import type { LocalWorkspaces, Workspaces } from '../../workspaces/index.js';

/** The workspaces of this process, as a client of a daemon has them. @param namespace Of calls that name none. */
export function embeddedWorkspaces(workspaces: LocalWorkspaces, namespace: string): Workspaces {
  const complete = (call: CallContext = noContext) => completedCall(call, { namespace });
  return {
    async *changes(request, call) {
      for await (const page of workspaces.changes(request, complete(call))) yield* page;
    },
    checkpoint: async (request, call) => workspaces.checkpoint(request, complete(call)),
    checkpoints: async (request, call) => workspaces.checkpoints(request, complete(call)),
    fork: async (request, call) => workspaces.fork(request, complete(call)),
    rollback: async (request, call) => workspaces.rollback(request, complete(call)),
  };
}
