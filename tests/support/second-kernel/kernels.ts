import { existsSync } from 'node:fs';
import path from 'node:path';
import { newerKernel } from './newer-kernel.js';

/** A kernel to try: where its program is, which may have to be fetched first. */
export interface KernelSource {
  /** For people. */
  readonly title: string;
  /** @throws Error that says why it cannot be had. */
  program(): Promise<string>;
}

/**
 * Names the kernels to try, in their order and with colons in between: `debian`, `newer`, or the path of a program. Once
 * one is chosen, it names that one alone, for the processes that are started later as well.
 */
const variable = 'STRATA_SECOND_KERNELS';

const known: Readonly<Record<string, KernelSource>> = {
  debian: { title: "Debian's user-mode-linux", program: async () => installedProgram() },
  newer: { title: "sid's user-mode-linux", program: newerKernel },
};

/** The kernels to try, in their order: Debian's, then a newer one, unless the environment names others. */
export function kernelSources(): KernelSource[] {
  const names = (process.env[variable] ?? 'debian:newer').split(':').filter((name) => name !== '');
  return names.map((name) => known[name] ?? { title: name, program: async () => name });
}

/**
 * Finds the first kernel that works on this machine. On some processors a kernel does not come up, so that this is found
 * out by trying.
 * @param boots Rejects when a kernel does not work.
 * @returns its program.
 * @throws Error that says of each kernel why it is of no use.
 */
export async function firstThatBoots(
  sources: readonly KernelSource[],
  boots: (program: string) => Promise<void>,
): Promise<string> {
  const refusals: string[] = [];
  for (const source of sources) {
    try {
      const program = await source.program();
      await boots(program);
      return program;
    } catch (error) {
      refusals.push(`${source.title}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new Error(refusals.join('; '));
}

/** Has all second kernels from now on be of this program. */
export function useKernel(program: string): void {
  process.env[variable] = program;
}

/** The program of second kernels: the one that was chosen, or else the first that there is to try. */
export async function kernelProgram(): Promise<string> {
  const [source] = kernelSources();
  if (source === undefined) throw new Error(`${variable} names no kernel`);
  return source.program();
}

function installedProgram(): string {
  const directories = (process.env['PATH'] ?? '').split(path.delimiter);
  const program = directories.map((directory) => path.join(directory, 'linux.uml')).find((file) => existsSync(file));
  if (program === undefined) throw new Error('not installed');
  return program;
}
