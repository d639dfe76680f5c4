/**
 * Mounts with more options than the one page that mount(2) takes: by fsopen(2) and its siblings, since Linux 5.2, where
 * every option is a call of its own.
 */
import { closeSync, readSync } from 'node:fs';
import { type Libc, libc } from '../calls/libc.js';
import { checked, MS } from '../calls/sys.js';
import { attributesOf, MountTree } from './mount-tree.js';

/** Numbers of system calls; the same on every architecture. */
const CALL = { FSOPEN: 430, FSCONFIG: 431, FSMOUNT: 432 } as const;

/** Commands of fsconfig(2), and flags; include/uapi/linux/mount.h. */
const FSCONFIG = { SET_FLAG: 0, SET_STRING: 1, SET_FD: 5, CREATE: 6 } as const;
const CLOSE_ON_EXEC = 1;
const NO_FD = 0;

/** A mount to make. */
export interface ParameterMount {
  readonly type: string;
  readonly source: string;
  readonly target: string;
  /** Flags of mount(2). */
  readonly flags: number;
  readonly parameters: readonly Parameter[];
}

/** Flags of mount(2) for the whole file system, with their names in fsconfig(2). */
const superblockFlags: readonly (readonly [number, string])[] = [
  [MS.RDONLY, 'ro'],
  [MS.SYNCHRONOUS, 'sync'],
  [MS.DIRSYNC, 'dirsync'],
  [MS.MANDLOCK, 'mand'],
];

/**
 * One parameter of a file system, with a text, a descriptor, or neither: then it is a flag. Layers are taken by
 * descriptor since Linux 6.13.
 */
export interface Parameter {
  readonly key: string;
  readonly value?: string | number;
}

/** Mount options as single parameters. */
export function parametersOf(data: readonly string[]): Parameter[] {
  return data.map((option) => {
    const at = option.indexOf('=');
    return at < 0 ? { key: option } : { key: option.slice(0, at), value: option.slice(at + 1) };
  });
}

/** The kernel's message about a failure; empty for none. */
function kernelMessage(fd: number): string {
  const text = Buffer.alloc(1024);
  try {
    return text.toString('utf8', 0, readSync(fd, text)).trim();
  } catch {
    return '';
  }
}

interface Configuration {
  readonly key?: string | null;
  readonly text?: string | null;
  readonly fd?: number;
}

/** A file system being put together; closed when disposed. */
class Context implements Disposable {
  readonly #libc: Libc;
  readonly #fd: number;

  constructor(c: Libc, type: string) {
    this.#libc = c;
    const fd = c.syscall(CALL.FSOPEN, 'const char *', type, 'unsigned int', CLOSE_ON_EXEC);
    this.#fd = checked(fd, c, { syscall: 'fsopen' });
  }

  set({ key, value }: Parameter): void {
    if (value === undefined) this.#configure(FSCONFIG.SET_FLAG, { key });
    else if (typeof value === 'string') this.#configure(FSCONFIG.SET_STRING, { key, text: value });
    else this.#configure(FSCONFIG.SET_FD, { key, fd: value });
  }

  /** Makes the mount, not attached anywhere yet. @returns a descriptor that the caller closes. */
  mount(mountAttributes: number): number {
    this.#configure(FSCONFIG.CREATE, {});
    const types = { fd: 'int', flags: 'unsigned int' };
    const c = this.#libc;
    const fd = c.syscall(CALL.FSMOUNT, types.fd, this.#fd, types.flags, CLOSE_ON_EXEC, types.flags, mountAttributes);
    return checked(fd, c, { syscall: 'fsmount' });
  }

  #configure(command: number, { key = null, text = null, fd = NO_FD }: Configuration): void {
    const c = this.#libc;
    const given = ['const char *', key, 'const char *', text, 'int', fd];
    const result = c.syscall(CALL.FSCONFIG, 'int', this.#fd, 'unsigned int', command, ...given);
    try {
      checked(result, c, { syscall: 'fsconfig' });
    } catch (error) {
      const said = kernelMessage(this.#fd);
      if (said !== '' && error instanceof Error) error.message += ` (${said})`;
      throw error;
    }
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}

/**
 * Makes a mount with any number of options, each of at most 255 bytes, that is attached nowhere.
 * @throws a system error, with the kernel's message when there is one.
 */
export function mountUnattached(mount: Omit<ParameterMount, 'target'>): MountTree {
  const c = libc();
  using context = new Context(c, mount.type);
  context.set({ key: 'source', value: mount.source });
  for (const [flag, key] of superblockFlags) if ((mount.flags & flag) !== 0) context.set({ key });
  for (const parameter of mount.parameters) context.set(parameter);
  return new MountTree(context.mount(attributesOf(mount.flags)));
}

/** The same at a directory. */
export function mountByParameters(mount: ParameterMount): void {
  // An open descriptor would keep the mount from being unmounted.
  using tree = mountUnattached(mount);
  tree.attach(mount.target);
}
