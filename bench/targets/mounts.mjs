// What is mounted where.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** Unmounts all that is mounted below a directory, not what is mounted at it. @param {string} directory */
export async function unmountBelow(directory) {
  const below = mounts().filter(({ point }) => point.startsWith(`${directory}/`));
  for (const { point } of below.reverse()) await execute('umount', ['--lazy', point]);
}

/** All mounts, the latest last. @returns {{ point: string, type: string }[]} */
function mounts() {
  const lines = readFileSync('/proc/self/mountinfo', 'latin1').trim().split('\n');
  return lines.map((line) => {
    const fields = line.split(' ');
    return { point: unescapeOctal(fields[4] ?? ''), type: fields[fields.indexOf('-') + 1] ?? '' };
  });
}

/** Spaces and the like are written as `\040` there. @param {string} text */
function unescapeOctal(text) {
  return text.replace(/\\(\d{3})/g, (_, digits) => String.fromCharCode(Number.parseInt(digits, 8)));
}
