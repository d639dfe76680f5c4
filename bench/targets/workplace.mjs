// The directory in which both daemons work, and its end.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/**
 * Makes a new directory. Its path is short where that of its parent is, so that a socket fits in.
 * @param {string} parent
 */
export function makeWorkplace(parent) {
  return mkdtempSync(path.join(parent, 'strata-bench-'));
}

/** Unmounts what is mounted below a directory, and deletes it. @param {string} directory */
export async function removeWorkplace(directory) {
  for (const point of mountPoints()
    .filter((each) => each.startsWith(`${directory}/`))
    .reverse()) {
    await execute('umount', ['--lazy', point]);
  }
  // A program of its own, which is several times as fast with millions of files.
  await execute('rm', ['-rf', directory]);
}

/** All mount points, the latest last. */
function mountPoints() {
  return mounts().map(({ point }) => point);
}

/** @returns {{ point: string, type: string }[]} */
function mounts() {
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').trim().split('\n');
  return lines.map((line) => {
    const fields = line.split(' ');
    return { point: unescapeOctal(fields[4] ?? ''), type: fields[fields.indexOf('-') + 1] ?? '' };
  });
}

/** Spaces and the like are written as `\040` there. @param {string} text */
function unescapeOctal(text) {
  return text.replace(/\\(\d{3})/g, (_, digits) => String.fromCharCode(Number.parseInt(digits, 8)));
}

/** The type of the file system that a directory is on. @param {string} directory */
export function fileSystemOf(directory) {
  const holding = mounts().filter(
    ({ point }) => directory === point || directory.startsWith(point.replace(/\/?$/, '/')),
  );
  const [nearest] = holding.reverse().sort((a, b) => b.point.length - a.point.length);
  return nearest?.type ?? 'unknown';
}
