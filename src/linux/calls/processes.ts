/** The processes of this machine, as far as this one may look at them (proc(5)). */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** A process that runs. */
export interface RunningProcess {
  readonly pid: number;
  /** The name of its program, as ps(1) shows it. */
  readonly command: string;
}

/** Reads something of a process; undefined when that ends meanwhile, or may not be looked at. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** All processes, by their numbers. */
export function runningProcesses(): RunningProcess[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => {
    const command = attempt(() => readFileSync(`/proc/${pid}/comm`).toString().trim());
    return command === undefined ? [] : [{ pid: Number(pid), command }];
  });
}

/** The mount namespace of a process, as a text that others in it share; undefined when that is not to be found out. */
export function mountNamespaceOf(process: number | 'self'): string | undefined {
  return attempt(() => readlinkSync(`/proc/${process}/ns/mnt`));
}

/** The files and directories that keep a mount in use by a process: those it works in, runs, has open or mapped. */
export function pathsInUse(pid: number): { readonly how: string; readonly path: string }[] {
  const at = `/proc/${pid}`;
  const links = (how: string, names: readonly string[]) =>
    names.flatMap((name) => {
      const path = attempt(() => readlinkSync(`${at}/${name}`));
      return path === undefined ? [] : [{ how, path }];
    });
  const below = (name: string) => (attempt(() => readdirSync(`${at}/${name}`)) ?? []).map((each) => `${name}/${each}`);
  return [
    ...links('works in', ['cwd']),
    ...links('has its root in', ['root']),
    ...links('runs', ['exe']),
    ...links('has open', below('fd')),
    ...links('has mapped', below('map_files')),
  ];
}
