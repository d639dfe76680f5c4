/** Whether records, files and namespaces agree with each other, and what can be done where they do not. */
export { check } from './check.js';
export { type FindingKind, findingKinds, type KindOfFinding, type Remedy, remedies } from './kinds.js';
export type {
  ActionState,
  CheckEvent,
  CheckedSnapshotter,
  CheckRequest,
  CheckSubject,
  CheckSummary,
  Finding,
  RepairAction,
  RepairRequest,
} from './types.js';
