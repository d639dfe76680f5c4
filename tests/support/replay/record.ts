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
  readonly manifest: boolean;
}

/**
 * Runs the workload and records every system call that changes or synchronises files, by all threads and children.
 * @throws Error when what was recorded does not make what is there at the end.
 */
export async function record({ directory: given, manifest, ...plan }: RecordOptions): Promise<Recording> {
  const directory = await realpath(given);
  const at = (name: string) => path.join(directory, name);
  const [top, marks, config, trace] = [at('top'), at('marks'), at('config.toml'), at('trace')];
  await mkdir(top);
  writeReplayConfiguration(config, manifest);
  const workload: WorkloadPlan = { ...plan, root: path.join(top, 'root'), config, marks };
  const calls = tracedCalls().map((name) => `?${name}`);
  const strace = ['-f', '-qq', '--seccomp-bpf', '-xx', '-s', '16777216', '-o', trace, '-e', `trace=${calls.join(',')}`];
  await mustRun('strace', [...strace, process.execPath, program, JSON.stringify(workload)], {
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
