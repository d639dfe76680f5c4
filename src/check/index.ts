/** Whether records, files and namespaces agree with each other, and what can be done where they do not. */
export { check } from './check.js';
export { type FindingKind, findingKinds, type KindOfFinding, type Remedy, remedies } from './findings/kinds.js';
export type {
  ActionState,
  CheckEvent,
  CheckedList,
  CheckedSnapshotter,
  CheckRequest,
  CheckSubject,
  CheckSummary,
  Finding,
  RepairAction,
  RepairRequest,
} from './findings/types.js';
export { LayerListWriter } from './layer-list/list-writer.js';
export { type LayerList, layerListPath, readLayerList } from './layer-list/read-list.js';
export { type RebuildLayersOptions, type RebuiltLayers, rebuildLayers } from './layer-list/rebuild.js';
export { checkedFiles } from './scan/file-check.js';
