import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { SecondKernel } from './kernel.js';
import { firstThatBoots, kernelSources, useKernel } from './kernels.js';
import { standardModules } from './standard.js';

/** What a kernel has to be able to do: run our Node, with its threads, and what that starts. */
const startsProcesses = `
  const { execFileSync } = require('node:child_process');
  for (let time = 0; time < 5; time += 1) execFileSync('true');`;

let asked: Promise<void> | undefined;

/**
 * Chooses the kernel of all second kernels that this process boots, and those that it starts later: the first that comes
 * up on this machine, has the modules that the tests want, and runs our Node. It is asked once.
 * @throws Error that says of each kernel why it is of no use.
 */
export function chooseKernel(): Promise<void> {
  asked ??= firstThatBoots(kernelSources(), bootOnce).then(useKernel);
  return asked;
}

/** Boots a kernel to see whether it works. @throws Error that says in a line why not. */
export async function bootOnce(program: string): Promise<void> {
  const directory = await mkdtemp(path.join(tmpdir(), 'strata-boot-'));
  try {
    await using kernel = await SecondKernel.boot({ directory, program, modules: standardModules });
    await kernel.must(process.execPath, ['--eval', startsProcesses]);
  } catch (error) {
    throw new Error(inOneLine(error), { cause: error });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Of a console the line with the panic, or else the last. */
function inOneLine(error: unknown): string {
  const lines = String(error instanceof Error ? error.message : error)
    .split('\n')
    .filter((line) => line.trim() !== '');
  const panic = lines.find((line) => line.includes('panic'));
  if (panic !== undefined) return panic.trim();
  return lines.length < 2 ? (lines[0] ?? '') : `${lines[0]}: ${lines.at(-1)?.trim()}`;
}
