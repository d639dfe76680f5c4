import { toStatus } from '../../errors/index.js';
import type { Checkpoint, ForkOutcome, LocalWorkspaces } from '../../workspaces/index.js';
import { defineService, type GrpcService } from '../engines/index.js';
import { wireWorkspaces } from '../proto/index.js';
import { timestampToWire } from './convert.js';

/** The service `strata.v1.Workspaces`. */
export function workspacesService(workspaces: LocalWorkspaces): GrpcService {
  return defineService(wireWorkspaces.WorkspacesDefinition, {
    changes: async function* ({ snapshotter, key, since }, call) {
      const request = { snapshotter, key, ...(since === undefined ? {} : { since }) };
      for await (const page of workspaces.changes(request, call)) yield { changes: [...page], complete: false };
      yield { changes: [], complete: true };
    },
    checkpoint: async ({ snapshotter, key, name }, call) => {
      const request = { snapshotter, key, ...(name === '' ? {} : { name }) };
      return { checkpoint: checkpointToWire(await workspaces.checkpoint(request, call)) };
    },
    checkpoints: async (request, call) => ({
      checkpoints: (await workspaces.checkpoints(request, call)).map(checkpointToWire),
    }),
    fork: async (request, call) => ({ forks: (await workspaces.fork(request, call)).map(forkToWire) }),
    rollback: async (request, call) => {
      await workspaces.rollback(request, call);
      return {};
    },
  });
}

function checkpointToWire({ name, parent, created, isNew }: Checkpoint): wireWorkspaces.Checkpoint {
  return { name, parent, createdAt: timestampToWire(created), isNew };
}

function forkToWire({ key, parent, error }: ForkOutcome): wireWorkspaces.ForkOutcome {
  return { key, parent, error: error === undefined ? undefined : { ...toStatus(error), details: [] } };
}
