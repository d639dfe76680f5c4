import { chmodSync, mkdirSync } from 'node:fs';
import { fromSystemError } from '../errors/index.js';

/**
 * Makes a directory with exactly this mode, and those above it, unless it is there; one that is there keeps its mode.
 * @throws PermissionDeniedError, ResourceExhaustedError, or Unknown with the system's text.
 */
export function ensureDirectory(path: string, mode: number): void {
  try {
    if (mkdirSync(path, { mode, recursive: true }) !== undefined) chmodSync(path, mode);
  } catch (error) {
    throw fromSystemError(error, `failed to create directory ${path}`);
  }
}
