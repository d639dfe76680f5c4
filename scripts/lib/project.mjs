// Where the project lies, and which files it has.
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The top folder of the checkout. */
export const root = path.resolve(fileURLToPath(import.meta.url), '../../..');

/** A path below the top folder. @param {...string} parts */
export const at = (...parts) => path.join(root, ...parts);

/** A tool that came with node_modules. @param {string} name */
export const tool = (name) => at('node_modules', '.bin', name);

/**
 * All files below a directory, sorted; none when there is no such directory.
 * @param {string} directory
 * @param {(file: string) => boolean} [wanted]
 * @returns {string[]} Absolute paths.
 */
export function filesBelow(directory, wanted = () => true) {
  const found = [];
  for (const entry of entriesOf(directory)) {
    const file = path.join(directory, entry.name);
    if (entry.isDirectory()) found.push(...filesBelow(file, wanted));
    else if (wanted(file)) found.push(file);
  }
  return found.sort();
}

/** @param {string} directory */
function entriesOf(directory) {
  try {
    return readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.name !== 'node_modules');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
