/**
 * Limits: how much an active snapshot may take. Two labels ask for them, when the snapshot is made or later:
 *
 *     containerd.io/snapshot/max-size    bytes, such as `10G`, `512MiB` or `1073741824`; `none` for no limit
 *     strata.dev/max-inodes              files, directories and the rest, such as `100000` or `1M`; `none` for no limit
 *
 * Without a label the default of the back end holds. A limit belongs to what is being written: a Commit forgets it, since
 * a layer does not grow, and children do not inherit it, since they count only what they hold themselves.
 */
import { parseCount, parseSize } from '../../base/api/index.js';
import { InvalidArgumentError } from '../../errors/index.js';
import type { Labels } from '../api/types.js';

/** The label with the most bytes that a snapshot may take. */
export const maxSizeLabel = 'containerd.io/snapshot/max-size';

/** The label with the most inodes that a snapshot may take. */
export const maxInodesLabel = 'strata.dev/max-inodes';

/** The value of a label that lifts the limit, and the default with it. */
export const noLimit = 'none';

/** How much a snapshot may take; what is absent is not limited. */
export interface Limits {
  /** Bytes in allocated blocks; at least 1. */
  readonly bytes?: number;
  /** Files, directories and everything else that has an inode; at least 1. */
  readonly inodes?: number;
}

/** Not limited. */
export const noLimits: Limits = Object.freeze({});

/** Whether two limits are the same. */
export function sameLimits(one: Limits, other: Limits): boolean {
  return one.bytes === other.bytes && one.inodes === other.inodes;
}

/** Reads a limit in bytes. @returns undefined when it is no size (see `parseSize`), or zero. */
export function parseByteLimit(text: string): number | undefined {
  return positive(parseSize(text));
}

/** Reads a limit of inodes. @returns undefined when it is no count (see `parseCount`), or zero. */
export function parseInodeLimit(text: string): number | undefined {
  return positive(parseCount(text));
}

function positive(value: number | undefined): number | undefined {
  return value === 0 ? undefined : value;
}

/** What is read from one label: a limit, none, or what is the default. */
interface LimitLabel {
  readonly label: string;
  readonly parse: (text: string) => number | undefined;
  readonly wanted: string;
  readonly fallback: number | undefined;
}

function limitOf(labels: Labels, { label, parse, wanted, fallback }: LimitLabel): number | undefined {
  const text = labels.get(label) ?? '';
  if (text === '') return fallback;
  if (text === noLimit) return undefined;
  const value = parse(text);
  if (value === undefined) throw new InvalidArgumentError(`label ${label}=${JSON.stringify(text)}: want ${wanted}`);
  return value;
}

/**
 * The limits that labels ask for, with the defaults for what they do not mention.
 * @throws InvalidArgumentError for a value that is no limit; the text names the label and what it may be.
 */
export function limitsFromLabels(labels: Labels, defaults: Limits = noLimits): Limits {
  const bytes = limitOf(labels, {
    label: maxSizeLabel,
    parse: parseByteLimit,
    wanted: 'a number of bytes such as "10G" or "536870912", more than zero, or "none"',
    fallback: defaults.bytes,
  });
  const inodes = limitOf(labels, {
    label: maxInodesLabel,
    parse: parseInodeLimit,
    wanted: 'a number such as "100000" or "1M", more than zero, or "none"',
    fallback: defaults.inodes,
  });
  return { ...(bytes === undefined ? {} : { bytes }), ...(inodes === undefined ? {} : { inodes }) };
}
