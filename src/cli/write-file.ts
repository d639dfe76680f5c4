import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { replaceProblem } from '../base/api/index.js';
import { FailedPreconditionError, fromSystemError, NotFoundError, systemErrorCode } from '../errors/index.js';

/**
 * Writes what comes into a file that only its owner can read. When this resolves it is on disk, whole; when it rejects
 * the file is as it was, and nothing is left beside it. Nothing is asked of the source when the file cannot be made.
 * @returns how many bytes it has.
 * @throws FailedPreconditionError when something else than a regular file lies there; NotFoundError when there is no directory
 * for it; PermissionDeniedError, ResourceExhaustedError and others when it cannot be written; what the source throws.
 */
export async function writeWholeFile(file: string, source: AsyncIterable<Uint8Array>): Promise<number> {
  const target = path.resolve(file);
  const temporary = path.join(path.dirname(target), `.${path.basename(target)}.${randomUUID()}`);
  const problem = await writing(target, replaceProblem(target));
  if (problem !== undefined) throw new FailedPreconditionError(problem);
  try {
    const bytes = await write({ temporary, target, source });
    await writing(target, rename(temporary, target));
    await writing(target, syncDirectory(path.dirname(target)));
    return bytes;
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
}

interface Writing {
  readonly temporary: string;
  readonly target: string;
  readonly source: AsyncIterable<Uint8Array>;
}

async function write({ temporary, target, source }: Writing): Promise<number> {
  const handle = await writing(target, open(temporary, 'wx', 0o600));
  try {
    let bytes = 0;
    for await (const chunk of source) {
      await writing(target, handle.writeFile(chunk));
      bytes += chunk.length;
    }
    await writing(target, handle.sync());
    return bytes;
  } finally {
    await handle.close();
  }
}

/** Gives a step of writing a file errors that name the file. */
async function writing<T>(target: string, step: Promise<T>): Promise<T> {
  try {
    return await step;
  } catch (error) {
    const directory = path.dirname(target);
    const isMissing = systemErrorCode(error) === 'ENOENT' && !existsSync(directory);
    if (!isMissing) throw fromSystemError(error, `cannot write ${target}`);
    throw new NotFoundError(`cannot write ${target}: there is no directory ${directory}`, { cause: error });
  }
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
