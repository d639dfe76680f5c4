/**
 * Overlay mounts with more options than mount(2) takes, which is one page: by fsopen(2) and its kin, where every layer
 * is a call of its own (Documentation/filesystems/overlayfs.rst: `lowerdir+` and `datadir+`, since Linux 6.5).
 */
import { closeSync, readSync } from 'node:fs';
import { type Libc, libc } from './libc.js';
import { checked, MS } from './sys.js';

/** Numbers of system calls; the same on every architecture. */
const CALL = { MOVE_MOUNT: 429, FSOPEN: 430, FSCONFIG: 431, FSMOUNT: 432 } as const;

/** Commands of fsconfig(2), and flags; include/uapi/linux/mount.h. */
const FSCONFIG = { SET_FLAG: 0, SET_STRING: 1, CREATE: 6 } as const;
const CLOSE_ON_EXEC = 1;
const MOVE_MOUNT = { FROM_EMPTY_PATH: 0x4, TO_SYMLINKS: 0x10 } as const;
const AT_FDCWD = -100;

/** An overlay mount to make. */
export interface OverlayMount {
  readonly source: string;
  readonly target: string;
  /** Flags of mount(2). */
  readonly flags: number;
  readonly data: readonly string[];
}

/** Flags of mount(2) for the one mount, with their twins in fsmount(2). */
const attributes: readonly (readonly [number, number])[] = [
  [MS.RDONLY, 0x1],
  [MS.NOSUID, 0x2],
  [MS.NODEV, 0x4],
  [MS.NOEXEC, 0x8],
  [MS.NOATIME, 0x10],
  [MS.STRICTATIME, 0x20],
  [MS.NODIRATIME, 0x80],
];

/** Flags of mount(2) for the whole file system, with their names in fsconfig(2). */
const superblockFlags: readonly (readonly [number, string])[] = [
  [MS.RDONLY, 'ro'],
  [MS.SYNCHRONOUS, 'sync'],
  [MS.DIRSYNC, 'dirsync'],
  [MS.MANDLOCK, 'mand'],
];

/** One parameter of a file system; without a value it is a flag. */
export interface Parameter {
  readonly key: string;
  readonly value?: string;
}

/** The layers of a `lowerdir=` value, topmost first: those behind `::` hold data only. A backslash takes the next character as it is. */
function layersOf(value: string): Parameter[] {
  const layers: Parameter[] = [];
  let key = 'lowerdir+';
  for (const [layer] of value.matchAll(/(?:\\.|[^:\\])+|::/gs)) {
    if (layer === '::') key = 'datadir+';
    else layers.push({ key, value: layer.replace(/\\(.)/gs, '$1') });
  }
  return layers;
}

/** Mount options of overlay as single parameters, one for each layer. */
export function overlayParameters(data: readonly string[]): Parameter[] {
  return data.flatMap((option) => {
    const at = option.indexOf('=');
    if (at < 0) return [{ key: option }];
    const key = option.slice(0, at);
    const value = option.slice(at + 1);
    return key === 'lowerdir' ? layersOf(value) : [{ key, value }];
  });
}

/** The kernel's own words about a failure, which it leaves to be read; empty for none. */
function kernelMessage(fd: number): string {
  const text = Buffer.alloc(1024);
  try {
    return text.toString('utf8', 0, readSync(fd, text)).trim();
  } catch {
    return '';
  }
}

/** A file system being put together; closed when disposed. */
class Context implements Disposable {
  readonly #libc: Libc;
  readonly #fd: number;

  constructor(c: Libc) {
    this.#libc = c;
    const fd = c.syscall(CALL.FSOPEN, 'const char *', 'overlay', 'unsigned int', CLOSE_ON_EXEC);
    this.#fd = checked(fd, c, { syscall: 'fsopen' });
  }

  set({ key, value }: Parameter): void {
    if (value === undefined) this.#configure(FSCONFIG.SET_FLAG, key, null);
    else this.#configure(FSCONFIG.SET_STRING, key, value);
  }

  /** Makes the mount, not attached anywhere yet. @returns a descriptor that the caller closes. */
  mount(mountAttributes: number): number {
    this.#configure(FSCONFIG.CREATE, null, null);
    const types = { fd: 'int', flags: 'unsigned int' };
    const c = this.#libc;
    const fd = c.syscall(CALL.FSMOUNT, types.fd, this.#fd, types.flags, CLOSE_ON_EXEC, types.flags, mountAttributes);
    return checked(fd, c, { syscall: 'fsmount' });
  }

  #configure(command: number, key: string | null, value: string | null): void {
    const c = this.#libc;
    const text = 'const char *';
    const result = c.syscall(CALL.FSCONFIG, 'int', this.#fd, 'unsigned int', command, text, key, text, value, 'int', 0);
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

function attach(c: Libc, fd: number, target: string): void {
  const flags = MOVE_MOUNT.FROM_EMPTY_PATH | MOVE_MOUNT.TO_SYMLINKS;
  const from = ['int', fd, 'const char *', ''];
  const to = ['int', AT_FDCWD, 'const char *', target];
  const result = c.syscall(CALL.MOVE_MOUNT, ...from, ...to, 'unsigned int', flags);
  checked(result, c, { syscall: 'move_mount', path: target });
}

/**
 * Mounts an overlay of any number of options; the kernel allows 500 layers.
 * @throws a system error, with the kernel's own words when it has some.
 */
export function mountLongOverlay(mount: OverlayMount): void {
  const c = libc();
  using context = new Context(c);
  context.set({ key: 'source', value: mount.source });
  for (const [flag, key] of superblockFlags) if ((mount.flags & flag) !== 0) context.set({ key });
  for (const parameter of overlayParameters(mount.data)) context.set(parameter);
  const bits = attributes.reduce((sum, [flag, bit]) => ((mount.flags & flag) === 0 ? sum : sum | bit), 0);
  const fd = context.mount(bits);
  try {
    attach(c, fd, mount.target);
  } finally {
    // An open descriptor would keep the mount from being unmounted.
    closeSync(fd);
  }
}
