/**
 * The types that a value of the configuration can have: how each is read from a file or a flag, how it is written in
 * TOML, and what to tell somebody who wrote something else.
 */

import { parseCount, parseDuration, parseSize, renderDuration, renderSize } from '../../base/api/index.js';

/** One type of value. */
export interface ValueType<T> {
  /** What is accepted: stands behind "want" in an error, and in the documentation. */
  readonly wanted: string;
  /** Reads a value as TOML or a flag gives it; undefined when it is not acceptable. */
  parse(raw: unknown): T | undefined;
  /** The value in TOML. */
  render(value: T): string;
}

/** A TOML basic string. JSON's escapes are a subset of TOML's, save for the delete character. */
function quoted(text: string): string {
  return JSON.stringify(text).replaceAll('\u007f', '\\u007F');
}

/** Any text. */
export const string: ValueType<string> = {
  wanted: 'a string',
  parse: (raw) => (typeof raw === 'string' ? raw : undefined),
  render: quoted,
};

/** A path that does not depend on the daemon's working directory. */
export const absolutePath: ValueType<string> = {
  wanted: 'an absolute path such as "/var/lib/strata"',
  parse: (raw) => (typeof raw === 'string' && raw.startsWith('/') && !raw.includes('\0') ? raw : undefined),
  render: quoted,
};

/** As `absolutePath`, or empty to leave the choice to the default that the documentation names. */
export const optionalPath: ValueType<string> = {
  ...absolutePath,
  wanted: 'an absolute path, or "" for the default',
  parse: (raw) => (raw === '' ? '' : absolutePath.parse(raw)),
};

/** `true` or `false`. */
export const boolean: ValueType<boolean> = {
  wanted: 'true or false',
  parse: (raw) => (typeof raw === 'boolean' ? raw : undefined),
  render: String,
};

/** `true`, `false`, or a word in quotes. */
export function booleanOr<const Word extends string>(word: Word): ValueType<boolean | Word> {
  return {
    wanted: `true, false or "${word}"`,
    parse: (raw) => (raw === word ? word : boolean.parse(raw)),
    render: (value) => (typeof value === 'boolean' ? String(value) : quoted(value)),
  };
}

/** A whole number in a range, both ends included. */
export function integer(min: number, max: number): ValueType<number> {
  return {
    wanted: min === max ? `the number ${min}` : `a whole number from ${min} to ${max}`,
    parse: (raw) => inRange(raw, min, max),
    render: String,
  };
}

/** A whole number in a range, both ends included, or a word in quotes. */
export function integerOr<const Word extends string>(word: Word, min: number, max: number): ValueType<number | Word> {
  const number = integer(min, max);
  return {
    wanted: `${number.wanted}, or "${word}"`,
    parse: (raw) => (raw === word ? word : number.parse(raw)),
    render: (value) => (typeof value === 'number' ? number.render(value) : quoted(value)),
  };
}

/** One of a few words. */
export function oneOf<const Words extends readonly string[]>(words: Words): ValueType<Words[number]> {
  const list = words.map(quoted);
  return {
    wanted: `one of ${list.slice(0, -1).join(', ')} and ${list.at(-1)}`,
    parse: (raw) => words.find((word) => word === raw),
    render: quoted,
  };
}

/** A list of strings. */
export const stringList: ValueType<readonly string[]> = {
  wanted: 'a list of strings such as ["a", "b"]',
  parse: (raw) => (Array.isArray(raw) && raw.every((item) => typeof item === 'string') ? raw : undefined),
  render: (value) => `[${value.map(quoted).join(', ')}]`,
};

const MODE_PATTERN = /^0?[0-7]{3}$/;
const MODE_MAX = 0o777;

/** Permission bits of a file: an octal string, or a number that TOML writes as octal (0o600). */
export const fileMode: ValueType<number> = {
  wanted: 'an octal file mode such as "0600"',
  parse: (raw) => {
    if (typeof raw === 'string') return MODE_PATTERN.test(raw) ? Number.parseInt(raw, 8) : undefined;
    return typeof raw === 'number' && Number.isInteger(raw) && raw >= 0 && raw <= MODE_MAX ? raw : undefined;
  },
  render: (value) => quoted(value.toString(8).padStart(4, '0')),
};

/** A span of time in milliseconds, written with a unit: d, h, m, s or ms. */
export function duration(max: number): ValueType<number> {
  return {
    wanted: `a duration such as "10s", at most ${renderDuration(max)}`,
    parse: (raw) => {
      const value = typeof raw === 'string' ? parseDuration(raw) : undefined;
      return value !== undefined && value <= max ? value : undefined;
    },
    render: (value) => quoted(renderDuration(value)),
  };
}

/** A number of bytes in a range: a number, or a string with a unit, such as `"10G"` or `"16MiB"`. */
export function size(min: number, max: number): ValueType<number> {
  return {
    wanted: `a size such as "16MiB", from ${renderSize(min)} to ${renderSize(max)}`,
    parse: (raw) => inRange(typeof raw === 'string' ? parseSize(raw) : raw, min, max),
    render: (value) => quoted(renderSize(value)),
  };
}

/** A number of things in a range: a number, or a string with a unit, such as `"1M"`. */
export function count(min: number, max: number): ValueType<number> {
  return {
    wanted: `a number such as 100000 or "1M", from ${min} to ${max}`,
    parse: (raw) => inRange(typeof raw === 'string' ? parseCount(raw) : raw, min, max),
    render: String,
  };
}

/** A number from 0 to a largest one. */
export function fraction(max: number): ValueType<number> {
  return {
    wanted: `a number from 0 to ${max}`,
    parse: (raw) => (typeof raw === 'number' && raw >= 0 && raw <= max ? raw : undefined),
    render: String,
  };
}

function inRange(value: unknown, min: number, max: number): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max ? value : undefined;
}
