import { inheritedLabels } from '../api/labels.js';
import type { DriverSnapshot } from '../driver/driver.js';
import type { SnapshotLayers } from '../records/record.js';

/** A record as a driver sees it: with the labels that containerd passes on, and no others. */
export function driverSnapshot({ id, kind, chain, labels }: SnapshotLayers): DriverSnapshot {
  return { id: String(id), kind, parentIds: chain.map(String), labels: inheritedLabels(labels) };
}
