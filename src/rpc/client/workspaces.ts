import { InternalError } from '../../errors/index.js';
import { noContext } from '../../snapshots/api/index.js';
import type { TreeChange } from '../../workspaces/index.js';
import { wireMethod, wireWorkspaces } from '../proto/index.js';
import type { Channel } from './channel.js';
import type { Workspaces } from './types.js';

const { WorkspacesDefinition: service } = wireWorkspaces;
const changesMethod = wireMethod(service, service.methods.changes);

/** What the daemon behind a channel does with snapshots. */
export function clientWorkspaces(channel: Channel): Workspaces {
  return {
    changes: async function* ({ key, since, snapshotter = 'auto' }, call = noContext) {
      let isComplete = false;
      for await (const block of channel.stream(changesMethod, { snapshotter, key, since }, call)) {
        yield* block.changes.map(changeFromWire);
        isComplete = block.complete;
      }
      if (!isComplete) throw new InternalError('the changes ended early');
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
