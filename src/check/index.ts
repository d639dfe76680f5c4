/** Whether records and files agree with each other, and what can be done where they do not. */
export { check } from './check.js';
export { type FindingKind, findingKinds, type KindOfFinding, type Remedy, remedies } from './findings/kinds.js';
export type {
  CheckAction,
  CheckEvent,
  CheckedSnapshotter,
  CheckFinding,
  CheckOptions,
  CheckSubject,
  CheckSummary,
  ProxiedSnapshot,
  RepairOptions,
} from './findings/types.js';
export type { Front, FrontedSnapshot, FrontRecord } from './front/front.js';
