import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { mustRun } from '../run.js';

/**
 * The files of kernel modules and of what they need, in the order in which they have to be loaded. Modules that are
 * built into the kernel have none.
 * @param program The kernel's.
 * @throws Error for a module that the kernel does not have.
 */
export async function moduleFiles(program: string, names: readonly string[]): Promise<string[]> {
  if (names.length === 0) return [];
  const directory = await modulesDirectory(program);
  const needs = parseDependencies(await readFile(path.join(directory, 'modules.dep'), 'utf8'));
  const builtIn = await readFile(path.join(directory, 'modules.builtin'), 'utf8');
  const files = new Set<string>();
  for (const name of names) {
    const entry = [...needs].find(([file]) => moduleName(file) === moduleName(name));
    if (entry === undefined) {
      if (builtIn.split('\n').some((file) => moduleName(file) === moduleName(name))) continue;
      throw new Error(`it has no module ${name}`);
    }
    // A line names what is needed directly first, and what that needs later.
    for (const file of entry[1].toReversed()) files.add(path.join(directory, file));
    files.add(path.join(directory, entry[0]));
  }
  return [...files];
}

/** Debian's packages have the modules of a kernel below `lib` beside its `bin`, in a folder that is named after its version. */
async function modulesDirectory(program: string): Promise<string> {
  const version = (await mustRun(program, ['--version'])).trim();
  return path.join(path.dirname(program), '..', 'lib', 'uml', 'modules', version);
}

function parseDependencies(text: string): Map<string, string[]> {
  const lines = text.split('\n').filter((line) => line.includes(':'));
  return new Map(
    lines.map((line): [string, string[]] => {
      const [file = '', needed = ''] = line.split(':');
      return [file, needed.split(' ').filter((each) => each !== '')];
    }),
  );
}

/** `kernel/drivers/md/dm-thin-pool.ko` and `dm_thin_pool` are the same module. */
function moduleName(file: string): string {
  return path.basename(file, '.ko').replaceAll('_', '-');
}
