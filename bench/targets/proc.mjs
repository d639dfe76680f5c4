// What the kernel says about a process.
import { readFileSync } from 'node:fs';

/** The unit of times in /proc, which is the same on every Linux that Node runs on. */
const microsecondsPerTick = 10_000;

/**
 * The processor time that a process and all its threads have taken.
 * @param {number} pid
 * @returns {number} Microseconds, to the hundredth of a second.
 */
export function processorTime(pid) {
  return parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
}

/** @param {string} stat */
export function parseStat(stat) {
  // The name of the program stands in parentheses and may hold anything; utime and stime are fields 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * microsecondsPerTick;
}

/**
 * The memory that a process has at this moment.
 * @param {number} pid
 * @returns {{ resident: number, anonymous: number }} Bytes; `anonymous` without mapped files, such as those of a database.
 */
export function memoryOf(pid) {
  return parseStatus(readFileSync(`/proc/${pid}/status`, 'utf8'));
}

/** @param {string} status */
export function parseStatus(status) {
  /** @param {string} name */
  const bytes = (name) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1] ?? Number.NaN) * 1024;
  return { resident: bytes('VmRSS'), anonymous: bytes('RssAnon') };
}
