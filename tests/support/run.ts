import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { type Ending, endingOf } from './ending.js';

/** How a command ended, and what it printed. */
export interface CommandResult extends Ending {
  readonly stdout: string;
  readonly stderr: string;
}

/** What is out of the ordinary about a command. */
export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly input?: string;
  /** After this many seconds it is killed; 300 by default, for machines that have other things to do. */
  readonly seconds?: number;
}

/** Runs a command to its end, whatever that is. Rejects only when it cannot be started. */
export async function run(
  command: string,
  args: readonly string[],
  { env, cwd, input = '', seconds = 300 }: RunOptions = {},
): Promise<CommandResult> {
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    timeout: seconds * 1000,
    killSignal: 'SIGKILL',
    stdio: 'pipe',
  });
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  // A command that does not read its input may be gone before it gets it.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const ending = await endingOf(child);
  return { ...ending, stdout: stdout(), stderr: stderr() };
}

/** Keeps what a stream brings; the result gives all of it so far. */
export function collect(stream: Readable): () => string {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString();
}

/**
 * Runs a command that has to succeed, and gives what it printed to its standard output.
 * @throws Error with everything it printed, when it did not end with status 0.
 */
export async function mustRun(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const result = await run(command, args, options);
  if (result.status === 0) return result.stdout;
  const end = result.signal ?? `status ${result.status}`;
  throw new Error(`${command} ${args.join(' ')} ended with ${end}\n${result.stdout}${result.stderr}`);
}
