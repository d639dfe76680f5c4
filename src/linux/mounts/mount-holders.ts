/** What keeps a mount from being unmounted. */
import { realpathSync } from 'node:fs';
import { mountNamespaceOf, pathsInUse, runningProcesses } from '../calls/processes.js';
import { attachedFiles } from '../devices/loop-users.js';
import { mountTable, type PlacedMount } from './mount-table.js';

/** How many of a kind are named. */
const NAMED = 5;

/** A path without symbolic links in its directory, as the table of mounts has it; as it is where there is no such path. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function inside(table: readonly PlacedMount[], { id }: PlacedMount): PlacedMount[] {
  const children = table.filter(({ parent }) => parent === id);
  return children.flatMap((child) => [child, ...inside(table, child)]);
}

/** The mounts inside of that which is topmost at a directory, the outer ones first; none when nothing is mounted there. */
export function mountsInside(directory: string): PlacedMount[] {
  const point = realPath(directory);
  const table = mountTable();
  const here = table.filter((entry) => entry.point === point);
  const top = here.findLast(({ id }) => !here.some(({ parent }) => parent === id));
  return top === undefined ? [] : inside(table, top);
}

function list(things: readonly string[]): string {
  const more = things.length - NAMED;
  return [...things.slice(0, NAMED), ...(more > 0 ? [`${more} more`] : [])].join(', ');
}

/** The processes of this mount namespace that are in a directory in any way, with one way each. */
function processesIn(isInside: (path: string) => boolean): string[] {
  const namespace = mountNamespaceOf('self');
  return runningProcesses().flatMap(({ pid, command }) => {
    // In another namespace the same path is another place.
    if (mountNamespaceOf(pid) !== namespace) return [];
    const use = pathsInUse(pid).find(({ path }) => isInside(path));
    return use === undefined ? [] : [`process ${pid} (${command}) ${use.how} ${use.path}`];
  });
}

/**
 * Says what holds the mount at a directory: mounts inside, processes that this one may look at, and loop devices of files
 * in it. Takes some milliseconds, as it looks at every process.
 */
export function whatHolds(directory: string): string {
  const point = realPath(directory);
  const isInside = (path: string) => path === point || path.startsWith(`${point}/`);
  const mounts = mountsInside(point).map((entry) => entry.point);
  const loops = attachedFiles().filter(({ file }) => isInside(file));
  const found = [
    ...(mounts.length === 0 ? [] : [`mounted inside: ${list(mounts)}`]),
    ...[list(processesIn(isInside)), list(loops.map(({ device, file }) => `${device} is attached to ${file}`))],
  ].filter((text) => text !== '');
  return found.length === 0 ? 'by something that cannot be seen from here' : found.join('; ');
}
