import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import { getAttribute, listAttributes } from '../../src/linux/index.js';

/** What there is to see of a tree: a line for each name, with everything but the numbers that a mount makes up. */
export function treeOf(top: string): string[] {
  const lines: string[] = [];
  const visit = (name: string): void => {
    const file = path.join(top, name);
    const stats = lstatSync(file, { bigint: true, throwIfNoEntry: false });
    // Overlay lists a directory of one layer with its whiteouts; a look at them says that there is nothing.
    if (stats === undefined) return;
    const type = (stats.mode & 0o170000n).toString(8);
    const facts = [type, (stats.mode & 0o7777n).toString(8), stats.uid, stats.gid, stats.mtimeNs, stats.rdev];
    // The size of a directory is its file system's own matter.
    if (!stats.isDirectory()) facts.push(stats.size);
    if (stats.isFile()) facts.push(createHash('sha256').update(readFileSync(file)).digest('hex'));
    if (stats.isSymbolicLink()) facts.push(readlinkSync(file));
    else facts.push(...attributesOf(file));
    lines.push(`${name === '' ? '.' : name} ${facts.join(' ')}`);
    if (stats.isDirectory()) for (const inside of readdirSync(file).sort()) visit(path.join(name, inside));
  };
  visit('');
  return lines;
}

function attributesOf(file: string): string[] {
  return listAttributes(file)
    .map((name) => `${name.toString()}=${getAttribute(file, name)?.toString('hex')}`)
    .sort();
}
