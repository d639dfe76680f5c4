import { readdir, readFile } from 'node:fs/promises';
import { run } from './run.js';
import { until } from './until.js';

/** The mount points below a directory, the latest first. */
export async function mountsBelow(directory: string): Promise<string[]> {
  const lines = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n');
  const points = lines.flatMap((line) => line.split(' ')[4] ?? []).map(unescapeOctal);
  return points.filter((point) => point.startsWith(`${directory}/`)).reverse();
}

/** Spaces and the like are written as `\040` there. */
function unescapeOctal(text: string): string {
  return text.replace(/\\(\d{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}

/** Unmounts everything below a directory, even what is in use. */
export async function unmountBelow(directory: string): Promise<void> {
  for (const point of await mountsBelow(directory)) await run('umount', ['--lazy', point]);
}

/** The files below a directory that are behind loop devices, in order. */
export async function loopFilesBelow(directory: string): Promise<string[]> {
  const devices = (await readdir('/sys/block')).filter((name) => name.startsWith('loop'));
  const files = await Promise.all(
    devices.map((name) => readFile(`/sys/block/${name}/loop/backing_file`, 'utf8').catch(() => '')),
  );
  return files.filter((file) => file.startsWith(`${directory}/`)).sort();
}

/**
 * Waits until no file below a directory is behind a loop device. A device clears itself when the last one closes it, and
 * that may be somebody else: whoever makes a mount namespace has all mounts in it, if only for a moment.
 */
export async function untilNothingIsAttachedBelow(directory: string): Promise<void> {
  await until(
    `no loop device has a file below ${directory}`,
    async () => (await loopFilesBelow(directory)).length === 0,
  );
}
