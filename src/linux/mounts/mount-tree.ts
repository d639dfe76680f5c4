/**
 * Mounts that are not attached anywhere yet, held by a descriptor (open_tree(2), mount_setattr(2), move_mount(2)). One
 * that is closed before it was attached is gone without a trace.
 */
import { closeSync } from 'node:fs';
import { libc } from '../calls/libc.js';
import { checked, MS } from '../calls/sys.js';

/** Numbers of system calls; the same on every architecture. */
const CALL = { OPEN_TREE: 428, MOVE_MOUNT: 429, MOUNT_SETATTR: 442 } as const;

const AT = { FDCWD: -100, EMPTY_PATH: 0x1000, RECURSIVE: 0x8000 } as const;
const OPEN_TREE = { CLONE: 1, CLOEXEC: 0x80000 } as const;
const MOVE_MOUNT = { FROM_EMPTY_PATH: 0x4, TO_SYMLINKS: 0x10 } as const;

/** struct mount_attr: what to set, what to clear, propagation, and the user namespace, 64 bits each. */
const MOUNT_ATTR = {
  SIZE: 32,
  SET: 0,
  CLEAR: 8,
  PROPAGATION: 16,
  USERNS_FD: 24,
  ATIME: 0x70,
  IDMAP: 0x100000,
} as const;

/** A mount without a part in what others of its kind get mounted inside (include/uapi/linux/mount.h). */
const MS_PRIVATE = 1n << 18n;

/** Flags of mount(2) for the one mount, with their twins in fsmount(2) and mount_setattr(2). */
const attributes: readonly (readonly [number, number])[] = [
  [MS.RDONLY, 0x1],
  [MS.NOSUID, 0x2],
  [MS.NODEV, 0x4],
  [MS.NOEXEC, 0x8],
  [MS.NOATIME, 0x10],
  [MS.STRICTATIME, 0x20],
  [MS.NODIRATIME, 0x80],
];

/** Flags of mount(2) as attributes of a mount. Those of the whole file system have none. */
export function attributesOf(flags: number): number {
  return attributes.reduce((sum, [flag, bit]) => ((flags & flag) === 0 ? sum : sum | bit), 0);
}

/** A struct mount_attr that sets flags of mount(2), and more. */
function attributeChange(flags: number, more = 0): Buffer {
  const attr = Buffer.alloc(MOUNT_ATTR.SIZE);
  const set = attributesOf(flags);
  attr.writeBigUInt64LE(BigInt(more | set), MOUNT_ATTR.SET);
  // How access times are kept is one value, not bits of their own: it is changed as a whole.
  if ((set & MOUNT_ATTR.ATIME) !== 0) attr.writeBigUInt64LE(BigInt(MOUNT_ATTR.ATIME), MOUNT_ATTR.CLEAR);
  return attr;
}

/** How to map the ids of a tree. */
export interface MapOptions {
  /** A descriptor of the user namespace with the maps. */
  readonly namespace: number;
  /** Flags of mount(2) that the tree gets as well. */
  readonly flags: number;
  /** Whether what is mounted below is mapped too. */
  readonly recursive: boolean;
}

/** See the head of this file. Closing it does not unmount what was attached. */
export class MountTree implements Disposable {
  /** The descriptor, for calls that take one. */
  readonly fd: number;

  /** @param fd A descriptor of a mount, which is closed with this. */
  constructor(fd: number) {
    this.fd = fd;
  }

  /** A copy of what is mounted at a path, from that path on. @throws a system error, ENOSYS before Linux 5.2. */
  static copy(path: string, recursive = false): MountTree {
    const c = libc();
    const flags = OPEN_TREE.CLONE | OPEN_TREE.CLOEXEC | (recursive ? AT.RECURSIVE : 0);
    const fd = c.syscall(CALL.OPEN_TREE, 'int', AT.FDCWD, 'const char *', path, 'unsigned int', flags);
    return new MountTree(checked(fd, c, { syscall: 'open_tree', path }));
  }

  /**
   * Maps the ids of the files: an owner that is a container's id in the map appears as the host's id, and the other way
   * round for what is written. @throws a system error; EINVAL when the file system cannot, ENOSYS before Linux 5.12.
   */
  mapIds({ namespace, flags, recursive }: MapOptions): void {
    const attr = attributeChange(flags, MOUNT_ATTR.IDMAP);
    attr.writeBigUInt64LE(BigInt(namespace), MOUNT_ATTR.USERNS_FD);
    this.#setAttributes(attr, recursive);
  }

  /**
   * Gives it flags of mount(2), and takes it out of the group with whose members it shares what is mounted inside.
   * @throws a system error, ENOSYS before Linux 5.12.
   */
  makePrivate(flags: number): void {
    const attr = attributeChange(flags);
    attr.writeBigUInt64LE(MS_PRIVATE, MOUNT_ATTR.PROPAGATION);
    this.#setAttributes(attr, false);
  }

  #setAttributes(attr: Buffer, recursive: boolean): void {
    const c = libc();
    const where = ['int', this.fd, 'const char *', ''];
    const how = ['unsigned int', AT.EMPTY_PATH | (recursive ? AT.RECURSIVE : 0)];
    const result = c.syscall(CALL.MOUNT_SETATTR, ...where, ...how, 'void *', attr, 'size_t', attr.length);
    checked(result, c, { syscall: 'mount_setattr' });
  }

  /** Attaches it at a directory. @throws a system error. */
  attach(target: string): void {
    const c = libc();
    const flags = MOVE_MOUNT.FROM_EMPTY_PATH | MOVE_MOUNT.TO_SYMLINKS;
    const to = ['int', AT.FDCWD, 'const char *', target];
    const result = c.syscall(CALL.MOVE_MOUNT, 'int', this.fd, 'const char *', '', ...to, 'unsigned int', flags);
    checked(result, c, { syscall: 'move_mount', path: target });
  }

  [Symbol.dispose](): void {
    closeSync(this.fd);
  }
}
