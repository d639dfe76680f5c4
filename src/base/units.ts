/**
 * The one grammar for sizes, counts and durations: of the command line, of the configuration, of labels.
 */

const NUMBER = String.raw`(\d+(?:\.\d+)?) ?`;

/** The unit's letter and its place: each is the base to the power of it. */
const POWERS = '_KMGTP';

const SIZE = new RegExp(`^${NUMBER}(?:([KMGTP])(?:i?B)?|B)?$`, 'i');
const COUNT = new RegExp(`^${NUMBER}([KMGTP])?$`, 'i');
const DURATION = new RegExp(`^${NUMBER}(ms|[smhd])$`, 'i');

function parsePowers(text: string, pattern: RegExp, base: number): number | undefined {
  const [, digits, unit] = pattern.exec(text) ?? [];
  return digits === undefined
    ? undefined
    : whole(digits, base ** (unit === undefined ? 0 : POWERS.indexOf(unit.toUpperCase())));
}

function whole(digits: string, factor: number): number | undefined {
  const value = Math.round(Number(digits) * factor);
  return Number.isSafeInteger(value) ? value : undefined;
}

/**
 * Reads a number of bytes: digits with a unit of K, M, G, T or P, all of 1024 (so is `KB` and `KiB`), with `B`, or without a
 * unit; large and small letters are the same.
 * @returns undefined when it is none, or too large to be exact.
 */
export function parseSize(text: string): number | undefined {
  return parsePowers(text, SIZE, 1024);
}

/** Reads a number of things: digits with a unit of K, M, G, T or P, all of 1000, or without one. Otherwise as above. */
export function parseCount(text: string): number | undefined {
  return parsePowers(text, COUNT, 1000);
}

interface Unit {
  readonly name: string;
  readonly factor: number;
}

/** Largest first, so that rendering takes the first that divides the value. */
const timeUnits: readonly Unit[] = [
  { name: 'd', factor: 86_400_000 },
  { name: 'h', factor: 3_600_000 },
  { name: 'm', factor: 60_000 },
  { name: 's', factor: 1000 },
  { name: 'ms', factor: 1 },
];

const sizeUnits: readonly Unit[] = [
  { name: 'PiB', factor: 2 ** 50 },
  { name: 'TiB', factor: 2 ** 40 },
  { name: 'GiB', factor: 2 ** 30 },
  { name: 'MiB', factor: 2 ** 20 },
  { name: 'KiB', factor: 2 ** 10 },
  { name: 'B', factor: 1 },
];

/**
 * Reads a span of time: digits with a unit of ms, s, m, h or d, such as `250ms` or `1.5h`.
 * @returns milliseconds; undefined when it is none, since a number alone would be read as seconds by one and as milliseconds
 * by another.
 */
export function parseDuration(text: string): number | undefined {
  const [, digits, name] = DURATION.exec(text) ?? [];
  const unit = timeUnits.find((candidate) => candidate.name === name?.toLowerCase());
  return digits === undefined || unit === undefined ? undefined : whole(digits, unit.factor);
}

function render(value: number, units: readonly Unit[]): string {
  const smallest = units[units.length - 1];
  const unit = value === 0 ? smallest : units.find(({ factor }) => value % factor === 0);
  return `${value / (unit?.factor ?? 1)}${unit?.name ?? ''}`;
}

/** A number of bytes as {@link parseSize} reads it back, exactly: `16MiB`, `1536B`. */
export function renderSize(bytes: number): string {
  return render(bytes, sizeUnits);
}

/** A number of milliseconds as {@link parseDuration} reads it back, exactly: `1d`, `1500ms`. */
export function renderDuration(milliseconds: number): string {
  return render(milliseconds, timeUnits);
}
