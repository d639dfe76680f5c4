import { fromStatus, InternalError } from '../../errors/index.js';
import { noContext } from '../../snapshots/api/index.js';
import type { Checkpoint, ForkOutcome, TreeChange, Workspaces } from '../../workspaces/api/index.js';
import { wireMethod, wireWorkspaces } from '../proto/index.js';
import type { Channel } from './channel.js';
import { dateFromWire } from './convert.js';

const { WorkspacesDefinition: service } = wireWorkspaces;
const methods = {
  changes: wireMethod(service, service.methods.changes),
  checkpoint: wireMethod(service, service.methods.checkpoint),
  checkpoints: wireMethod(service, service.methods.checkpoints),
  fork: wireMethod(service, service.methods.fork),
  rollback: wireMethod(service, service.methods.rollback),
};

/** What the daemon behind a channel does with snapshots. */
export function clientWorkspaces(channel: Channel): Workspaces {
  return {
    changes: async function* ({ key, since, snapshotter = 'auto' }, call = noContext) {
      let isComplete = false;
      for await (const block of channel.stream(methods.changes, { snapshotter, key, since }, call)) {
        yield* block.changes.map(changeFromWire);
        isComplete = block.complete;
      }
      if (!isComplete) throw new InternalError('the changes ended early');
    },
    checkpoint: async ({ key, name = '', snapshotter = 'auto' }, call = noContext) => {
      const { checkpoint } = await channel.unary(methods.checkpoint, { snapshotter, key, name }, call);
      if (checkpoint === undefined) throw new InternalError('the answer holds no checkpoint');
      return checkpointFromWire(checkpoint);
    },
    checkpoints: async ({ key, snapshotter = 'auto' }, call = noContext) =>
      (await channel.unary(methods.checkpoints, { snapshotter, key }, call)).checkpoints.map(checkpointFromWire),
    fork: async ({ key, keys, snapshotter = 'auto' }, call = noContext) =>
      (await channel.unary(methods.fork, { snapshotter, key, keys: [...keys] }, call)).forks.map(forkFromWire),
    rollback: async ({ key, to, snapshotter = 'auto' }, call = noContext) => {
      await channel.unary(methods.rollback, { snapshotter, key, to }, call);
    },
  };
}

const kinds: ReadonlyMap<string, TreeChange['kind']> = new Map([
  ['added', 'added'],
  ['changed', 'changed'],
  ['deleted', 'deleted'],
]);
const types: ReadonlyMap<string, TreeChange['type']> = new Map([
  ['file', 'file'],
  ['directory', 'directory'],
  ['symlink', 'symlink'],
  ['device', 'device'],
  ['fifo', 'fifo'],
  ['socket', 'socket'],
]);

function changeFromWire({ path, kind, type, size }: wireWorkspaces.Change): TreeChange {
  return { path, kind: kinds.get(kind) ?? 'changed', type: types.get(type) ?? 'file', size };
}

function checkpointFromWire({ name, parent, createdAt, isNew }: wireWorkspaces.Checkpoint): Checkpoint {
  return { name, parent, created: dateFromWire(createdAt), isNew };
}

function forkFromWire({ key, parent, error }: wireWorkspaces.ForkOutcome): ForkOutcome {
  return { key, parent, ...(error === undefined ? {} : { error: fromStatus(error) }) };
}
