import { statSync } from 'node:fs';
import { dirname } from 'node:path';

/** The directory itself, or the nearest one above it. */
export function nearestDirectory(path: string): string {
  let nearest = path;
  while (!isDirectory(nearest) && dirname(nearest) !== nearest) nearest = dirname(nearest);
  return nearest;
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    // It is missing, or this user may not look.
    return false;
  }
}
