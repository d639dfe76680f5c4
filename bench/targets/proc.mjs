// What the kernel says about processes.
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** The unit of times in /proc, which is the same on every Linux that Node runs on. */
const microsecondsPerTick = 10_000;

const idleWindowMs = 200;
const idleShare = 0.05;
const idlePatienceMs = 120_000;

/**
 * The processor time that a process and all its threads have taken.
 * @param {number} pid
 * @returns {number} Microseconds, to the hundredth of a second.
 */
export function processorTime(pid) {
  return parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
}

/** @param {string} stat */
function parseStat(stat) {
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
function parseStatus(status) {
  /** @param {string} name */
  const bytes = (name) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1] ?? Number.NaN) * 1024;
  return { resident: bytes('VmRSS'), anonymous: bytes('RssAnon') };
}

/** Waits until processes have next to nothing to do, or have been busy for long. @param {readonly number[]} pids */
export async function untilIdle(pids) {
  const deadline = performance.now() + idlePatienceMs;
  const total = () => pids.reduce((sum, pid) => sum + processorTime(pid), 0);
  for (let busy = true; busy && performance.now() < deadline; ) {
    const before = total();
    await delay(idleWindowMs);
    busy = total() - before >= idleWindowMs * 1000 * idleShare;
  }
}
