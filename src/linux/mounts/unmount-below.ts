import { realpathSync } from 'node:fs';
import { systemErrorCode } from '../../errors/index.js';
import { unmountAll } from './mount.js';
import { mountTable } from './mount-table.js';

/**
 * Unmounts everything below a directory, the latest first, even what is in use: the leftovers of a process that was killed
 * between mounting and unmounting. A mount at the directory itself stays. No such directory is success.
 * @throws PermissionDeniedError when there is something, and this process may not unmount it; an error of the system when
 * the mounts of this process cannot be listed.
 */
export async function unmountBelow(directory: string): Promise<void> {
  const top = realPathOf(directory);
  if (top === undefined) return;
  const points = mountTable().map(({ point }) => point);
  for (const point of points.reverse()) if (point.startsWith(`${top}/`)) await unmountAll(point, { detach: true });
}

function realPathOf(directory: string): string | undefined {
  try {
    return realpathSync(directory);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
