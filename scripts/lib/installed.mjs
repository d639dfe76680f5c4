// Whether node_modules is what the lock file says, however it came to be so.
import { readFileSync } from 'node:fs';
import path from 'node:path';

/**
 * A package as both lock files describe it.
 * @typedef {object} LockedPackage
 * @property {string} [version]
 * @property {string} [integrity]
 * @property {boolean} [optional] May be left out, where it is not for this machine.
 * @property {boolean} [link]
 */

/**
 * Compares the lock file with the one that npm writes into node_modules at the end of every installation.
 * @param {string} directory The one that has package-lock.json.
 * @returns {boolean} False also when one of the two cannot be read.
 */
export function isInstalled(directory) {
  const wanted = packagesOf(path.join(directory, 'package-lock.json'));
  const present = packagesOf(path.join(directory, 'node_modules', '.package-lock.json'));
  if (wanted === undefined || present === undefined) return false;
  delete wanted[''];
  return (
    Object.keys(present).every((name) => name in wanted) &&
    Object.entries(wanted).every(([name, locked]) => isSame(locked, present[name]))
  );
}

/**
 * @param {LockedPackage} wanted
 * @param {LockedPackage | undefined} present
 */
function isSame(wanted, present) {
  if (present === undefined) return wanted.optional === true;
  return present.version === wanted.version && present.integrity === wanted.integrity;
}

/**
 * @param {string} file
 * @returns {Record<string, LockedPackage> | undefined}
 */
function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}
