/**
 * Limits: how much an active snapshot may take. Two labels ask for them, when the snapshot is made or later:
 *
 *     containerd.io/snapshot/max-size    bytes, such as `10G`, `512MiB` or `1073741824`; `none` for no limit
 *     strata.dev/max-inodes              files, directories and the rest, such as `100000` or `1M`; `none` for no limit
 *
 * Without a label the default of the back end holds. A limit belongs to what is being written: a Commit forgets it, since
 * a layer does not grow, and children do not inherit it, since they count only what they hold themselves.
 */
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

/** The unit's letter and its place: each is the base to the power of it. */
const POWERS = '_KMGTP';

const SIZE = /^(\d+(?:\.\d+)?) ?(?:([KMGTP])(?:i?B)?|B)?$/i;
const COUNT = /^(\d+(?:\.\d+)?) ?([KMGTP])?$/i;

function parseQuantity(text: string, pattern: RegExp, base: number): number | undefined {
  const [, digits, unit] = pattern.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const value = Math.round(Number(digits) * base ** (unit === undefined ? 0 : POWERS.indexOf(unit.toUpperCase())));
  return Number.isSafeInteger(value) && value > 0 ? value : undefined;
}

/**
 * Reads a number of bytes: digits with a unit of K, M, G, T or P, all of 1024 (so is `KB` and `KiB`), or without one.
 * @returns undefined when it is none, zero, or too large to be exact.
 */
export function parseByteLimit(text: string): number | undefined {
  return parseQuantity(text, SIZE, 1024);
}

/** Reads a number of inodes: digits with a unit of K, M, G, T or P, all of 1000, or without one. Otherwise as above. */
export function parseInodeLimit(text: string): number | undefined {
  return parseQuantity(text, COUNT, 1000);
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
