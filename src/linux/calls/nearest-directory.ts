import { existsSync } from 'node:fs';
import { dirname } from 'node:path';

/** The directory itself, or the nearest one above it that exists. */
export function nearestDirectory(path: string): string {
  let nearest = path;
  while (!existsSync(nearest) && dirname(nearest) !== nearest) nearest = dirname(nearest);
  return nearest;
}
