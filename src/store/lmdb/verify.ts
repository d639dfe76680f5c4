import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { abortError, throwIfAborted } from '../../errors/index.js';
import { damaged } from './data-file.js';

const script = fileURLToPath(new URL('./verify-child.js', import.meta.url));

/** Which store to read, and how to give up. */
export interface VerifyOptions {
  /** The directory of the store. */
  readonly path: string;
  /** Its data file, for messages. */
  readonly file: string;
  readonly signal: AbortSignal | undefined;
}

/**
 * Reads every record in a process of its own, since LMDB may crash on a damaged file, and a crash cannot be caught.
 * Takes the time to start Node and to read the file once.
 * @returns the names of the tables.
 * @throws DataLossError when it crashes or finds something unreadable.
 * @throws CanceledError, DeadlineExceededError when the signal is aborted.
 */
export async function verifyInChild({ path, file, signal }: VerifyOptions): Promise<readonly string[]> {
  throwIfAborted(signal);
  const child = spawn(process.execPath, [script, path], {
    stdio: ['ignore', 'pipe', 'pipe'],
    killSignal: 'SIGKILL',
    ...(signal === undefined ? {} : { signal }),
  });
  try {
    const [names, output, [code, killedBy]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close'),
    ]);
    if (code === 0) return names.split('\n').filter((name) => name !== '');
    throw damaged(file, code === null ? `reading it ended with ${killedBy}` : `reading it failed: ${lastLine(output)}`);
  } catch (error) {
    throw signal?.aborted === true ? abortError(signal) : error;
  }
}

function lastLine(output: string): string {
  return output.trimEnd().split('\n').at(-1) ?? '';
}
