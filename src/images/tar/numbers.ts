import { InvalidArgumentError } from '../../errors/index.js';

const BASE_256 = 0x80;
const NEGATIVE = 0xff;
const BYTE = 256n;

/** Zeros and blanks, which may stand on both sides of a number. */
const PADDING = /^[\0 ]+|[\0 ]+$/g;

/**
 * A number of a header: octal digits, or, where they have no room, its bytes behind a first one with its highest bit set.
 * @throws InvalidArgumentError when it is neither, or no integer that JavaScript keeps exactly.
 */
export function parseNumber(field: Buffer): number {
  const first = field[0] ?? 0;
  if ((first & BASE_256) !== 0) return safeInteger(parseBase256(field, first === NEGATIVE));
  const text = field.toString('latin1').replace(PADDING, '');
  // GNU tar leaves what follows a zero as it was.
  const digits = text.split(/[\0 ]/, 1)[0] ?? '';
  if (!/^[0-7]*$/.test(digits))
    throw new InvalidArgumentError(`archive header has ${JSON.stringify(text)} for a number`);
  return digits === '' ? 0 : safeInteger(BigInt(`0o${digits}`));
}

function parseBase256(field: Buffer, negative: boolean): bigint {
  let value = 0n;
  for (const [index, byte] of field.entries()) {
    value = value * BYTE + BigInt(index === 0 && !negative ? byte & ~BASE_256 : byte);
  }
  return negative ? value - BYTE ** BigInt(field.length) : value;
}

function safeInteger(value: bigint): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new InvalidArgumentError(`archive header has the number ${value}`);
  return number;
}

/**
 * A decimal number of an extended header.
 * @throws InvalidArgumentError when it is negative, malformed, or no integer that JavaScript keeps exactly.
 */
export function parseDecimal(text: string, what: string): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw new InvalidArgumentError(`archive has ${JSON.stringify(text)} for ${what}`);
  return value;
}

const NANOSECOND_DIGITS = 9;
const NANOSECONDS = 1_000_000_000n;

/** Some 30,000 years on both sides of 1970, more than a file system keeps. */
const SECONDS = /^(-?)(\d{1,12})(?:\.(\d*))?$/;

/**
 * A time of an extended header, in seconds, as nanoseconds; what is finer is cut off.
 * @throws InvalidArgumentError when it is malformed.
 */
export function parseTime(text: string): bigint {
  const [, sign, seconds, fraction = ''] = SECONDS.exec(text) ?? [];
  if (seconds === undefined) throw new InvalidArgumentError(`archive has ${JSON.stringify(text)} for a time`);
  const nanoseconds = BigInt(fraction.slice(0, NANOSECOND_DIGITS).padEnd(NANOSECOND_DIGITS, '0'));
  const time = BigInt(seconds) * NANOSECONDS + nanoseconds;
  return sign === '-' ? -time : time;
}

/** A time of a header, in whole seconds, as nanoseconds. */
export function wholeSeconds(seconds: number): bigint {
  return BigInt(seconds) * NANOSECONDS;
}
