import { createReadStream } from 'node:fs';
import { mkdir, realpath } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { mustRun } from '../run.js';
import { requireComplete } from './complete.js';
import { writeReplayConfiguration } from './configuration.js';
import { interpret, tracedCalls } from './interpret.js';
import type { Recording } from './model.js';
import { readTrace, type SystemCall } from './trace.js';
import type { WorkloadPlan } from './workload.js';

const program = fileURLToPath(new URL('./workload.js', import.meta.url));

/** What is recorded. */
export interface RecordOptions extends Pick<WorkloadPlan, 'durability' | 'seed' | 'callers' | 'layers'> {
  /** An existing directory, in which everything is done. */
  readonly directory: string;
  /** As for `writeReplayConfiguration`. */
  readonly fileList: boolean;
}

/**
 * Runs the workload and records what it does.
 * @throws as `recordProgram`.
 */
export async function record({ directory, fileList, ...plan }: RecordOptions): Promise<Recording> {
  return recordProgram({
    directory,
    command: (top, marks) => {
      const config = path.join(path.dirname(top), 'config.toml');
      writeReplayConfiguration(config, fileList);
      const workload: WorkloadPlan = { ...plan, root: path.join(top, 'root'), config, marks };
      return [program, JSON.stringify(workload)];
    },
  });
}

/** A program that is recorded. */
export interface RecordedProgram {
  /** An existing directory, in which everything is done. */
  readonly directory: string;
  /** The program for Node and its arguments. @param top Where it is to work. @param marks Where it says what it does. */
  readonly command: (top: string, marks: string) => readonly string[];
}

/**
 * Runs a program and records every system call that changes or synchronises files, by all threads and children.
 * @throws Error when what was recorded does not make what is there at the end.
 */
export async function recordProgram({ directory: given, command }: RecordedProgram): Promise<Recording> {
  const directory = await realpath(given);
  const at = (name: string) => path.join(directory, name);
  const [top, marks, trace] = [at('top'), at('marks'), at('trace')];
  await mkdir(top);
  const calls = tracedCalls().map((name) => `?${name}`);
  const strace = ['-f', '-qq', '--seccomp-bpf', '-xx', '-s', '16777216', '-o', trace, '-e', `trace=${calls.join(',')}`];
  await mustRun('strace', [...strace, process.execPath, ...command(top, marks)], {
    // A ring would hide from strace what is done.
    env: { UV_USE_IO_URING: '0' },
    seconds: 300,
  });
  const recording = interpret(await callsIn(trace), { top, marks });
  requireComplete(recording, top);
  return recording;
}

async function callsIn(trace: string): Promise<SystemCall[]> {
  const lines: string[] = [];
  for await (const line of createInterface({ input: createReadStream(trace, 'latin1') })) lines.push(line);
  return [...readTrace(lines)];
}
