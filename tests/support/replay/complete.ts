import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import { Disk } from './disk.js';
import { imageOf } from './image.js';
import { fillers } from './interpreter.js';
import type { Recording } from './model.js';

/** Changed by other means than calls: SQLite's index of its log, which is mapped. */
const notRecorded = /\/strata\.db-shm$/;

/**
 * Makes sure that a recording has all that was done: what comes of it is what is there.
 * @throws Error with every difference.
 */
export function requireComplete(recording: Recording, top: string): void {
  const end = recording.events.length;
  const image = imageOf(new Disk(recording), { point: end, journal: end, others: 'last', pages: new Map() });
  const recorded = new Map(image.map((entry) => [entry.path, entry]));
  const differences: string[] = [];
  for (const name of readdirSync(top, { recursive: true, encoding: 'utf8' })) {
    const entry = recorded.get(name);
    recorded.delete(name);
    const file = path.join(top, name);
    const { mode } = lstatSync(file);
    const content = contentOf(file);
    if (entry === undefined) differences.push(`${name} was not recorded`);
    else if (entry.type !== 'link' && entry.mode !== (mode & 0o7777)) differences.push(`the mode of ${name} differs`);
    else if (
      content !== undefined &&
      !notRecorded.test(file) &&
      !fillers.test(file) &&
      entry.content?.equals(content) !== true
    ) {
      differences.push(`the content of ${name} differs`);
    } else if (entry.type === 'link' && readlinkSync(file) !== entry.target)
      differences.push(`${name} leads elsewhere`);
  }
  differences.push(...[...recorded.keys()].map((name) => `${name} is not there`));
  if (differences.length > 0) throw new Error(`the recording is not complete:\n${differences.join('\n')}`);
}

function contentOf(file: string): Buffer | undefined {
  return lstatSync(file).isFile() ? readFileSync(file) : undefined;
}
