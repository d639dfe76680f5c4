/** What people do with snapshots: see what changed, make checkpoints, fork, roll back. */
export type {
  ChangesRequest,
  Checkpoint,
  CheckpointRequest,
  EntryType,
  ForkOutcome,
  ForkRequest,
  InSnapshotter,
  RollbackRequest,
  TreeChange,
  Workspaces,
} from './api/index.js';
export { LocalWorkspaces, type WorkspaceEvent, type WorkspacePlace } from './local-workspaces.js';
