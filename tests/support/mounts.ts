import { readFile } from 'node:fs/promises';
import { run } from './run.js';

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
