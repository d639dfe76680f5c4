import { InvalidArgumentError } from '../../errors/index.js';
import { maxInodesLabel } from '../limits/limits.js';
import type { Labels } from './types.js';

/** The most bytes that the key and the value of one label may have together (containerd: pkg/labels/validate.go). */
export const maxLabelBytes = 4096;

/** The label that says which remote layer a Prepare is for (containerd: core/snapshots/snapshotter.go). */
export const snapshotRefLabel = 'containerd.io/snapshot.ref';

/**
 * The label of a layer that is unpacked while its parent is still being unpacked, and put onto it at its commit (`rebase`):
 * the chain ID of that parent. containerd sets it from 2.3 on (core/unpack/unpacker.go).
 */
export const parentChainLabel = 'containerd.io/snapshot/parent-chain-id';

/** Labels with this prefix are passed down to a back end. */
export const inheritedLabelPrefix = 'containerd.io/snapshot/';

const shownKeyBytes = 64;

/** Makes labels from a plain object. */
export function labelsOf(values: Readonly<Record<string, string>>): Labels {
  return new Map(Object.entries(values));
}

/** The labels without those that have an empty value, which count as absent. */
export function withoutEmpty(labels: Labels | undefined): Labels {
  const kept = new Map<string, string>();
  for (const [key, value] of labels ?? []) if (value !== '') kept.set(key, value);
  return kept;
}

/**
 * The labels that a back end gets to see: those of containerd (core/snapshots/snapshotter.go, FilterInheritedLabels), and
 * the limit that has no name there.
 */
export function inheritedLabels(labels: Labels): Labels {
  const kept = new Map<string, string>();
  for (const [key, value] of labels) {
    if (isInherited(key)) kept.set(key, value);
  }
  return kept;
}

function isInherited(key: string): boolean {
  return key === snapshotRefLabel || key === maxInodesLabel || key.startsWith(inheritedLabelPrefix);
}

/** @throws InvalidArgumentError for an empty key, and for a key and value of more than 4096 bytes together. */
export function validateLabels(labels: Labels): void {
  for (const [key, value] of labels) {
    if (key === '') throw new InvalidArgumentError(`failed to set label ""=${JSON.stringify(value)}: key required`);
    const length = Buffer.byteLength(key) + Buffer.byteLength(value);
    if (length <= maxLabelBytes) continue;
    const shown = Buffer.from(key).subarray(0, shownKeyBytes).toString();
    throw new InvalidArgumentError(
      `info.Labels: label key and value length (${length} bytes) greater than maximum size (${maxLabelBytes} bytes), key: ${shown}`,
    );
  }
}

/** What an update does to the labels. */
export interface LabelUpdate {
  /** The snapshot, for the error's text. */
  readonly name: string;
  readonly current: Labels;
  readonly given: Labels;
  /** As in `UpdateRequest`. */
  readonly fieldpaths?: readonly string[] | undefined;
}

/**
 * The labels after an update: `labels` replaces them all, `labels.<key>` sets one or deletes it when its value is empty
 * or absent; no paths mean `labels`.
 * @throws InvalidArgumentError for any other path.
 */
export function updatedLabels(update: LabelUpdate): Labels {
  const paths = update.fieldpaths ?? [];
  if (paths.length === 0) return withoutEmpty(update.given);
  let labels = new Map(update.current);
  for (const path of paths) {
    if (path === 'labels') labels = new Map(withoutEmpty(update.given));
    else if (path.startsWith('labels.')) setLabel(labels, path.slice('labels.'.length), update.given);
    else throw new InvalidArgumentError(`cannot update "${path}" field on snapshot "${update.name}"`);
  }
  return labels;
}

function setLabel(labels: Map<string, string>, key: string, given: Labels): void {
  const value = given.get(key) ?? '';
  if (value === '') labels.delete(key);
  else labels.set(key, value);
}
