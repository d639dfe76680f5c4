/**
 * Overlay mounts with more options than mount(2) takes, which is one page: by fsopen(2) and its kin, where every layer
 * is a call of its own (Documentation/filesystems/overlayfs.rst: `lowerdir+` and `datadir+`, since Linux 6.5).
 */
import { closeSync, readSync } from 'node:fs';
import { type Libc, libc } from './libc.js';
import { attributesOf, MountTree } from './mount-tree.js';
import { checked, MS } from './sys.js';

/** Numbers of system calls; the same on every architecture. */
const CALL = { FSOPEN: 430, FSCONFIG: 431, FSMOUNT: 432 } as const;

/** Commands of fsconfig(2), and flags; include/uapi/linux/mount.h. */
const FSCONFIG = { SET_FLAG: 0, SET_STRING: 1, SET_FD: 5, CREATE: 6 } as const;
const CLOSE_ON_EXEC = 1;
const NO_FD = 0;

/** An overlay mount to make. */
export interface OverlayMount {
  readonly source: string;
  readonly target: string;
  /** Flags of mount(2). */
  readonly flags: number;
  /** As {@link overlayParameters} makes them of mount options. */
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

/** Whether a parameter names a layer below. */
export function isLayer({ key }: Parameter): boolean {
  return key === 'lowerdir+' || key === 'datadir+';
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

/** What overlay would take for the end of a path. */
const SPECIAL = /[\\:,]/g;

/** The value of `lowerdir=` for layers, as {@link overlayParameters} takes it apart. */
export function lowerdirOf(layers: readonly Parameter[]): string {
  return layers.reduce((text, { key, value }) => {
    const separator = key === 'datadir+' ? '::' : ':';
    return `${text}${text === '' ? '' : separator}${String(value).replace(SPECIAL, '\\$&')}`;
  }, '');
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

interface Configuration {
  readonly key?: string | null;
  readonly text?: string | null;
  readonly fd?: number;
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
 * Mounts an overlay of any number of options; the kernel allows 500 layers.
 * @throws a system error, with the kernel's own words when it has some.
 */
export function mountLongOverlay(mount: OverlayMount): void {
  const c = libc();
  using context = new Context(c);
  context.set({ key: 'source', value: mount.source });
  for (const [flag, key] of superblockFlags) if ((mount.flags & flag) !== 0) context.set({ key });
  for (const parameter of mount.parameters) context.set(parameter);
  // An open descriptor would keep the mount from being unmounted.
  using tree = new MountTree(context.mount(attributesOf(mount.flags)));
  tree.attach(mount.target);
}
