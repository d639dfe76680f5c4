/** Makes events of the system calls of a recording: what was done below a directory that was empty at first. */
import { Interpreter, type Recorded } from './interpreter.js';
import type { Node, Recording } from './model.js';
import type { Place } from './names.js';
import { bytesOf, bytesOfVector, type SystemCall } from './trace.js';

/** SQLite's index of its log is mapped, and made again by whoever opens the store first. */
const mayBeMapped = 'strata.db-shm';

/** The calls that have to be traced. */
export function tracedCalls(): readonly string[] {
  return Object.keys(handlers);
}

/** @throws Error for calls that change files in a way that is not understood. */
export function interpret(calls: readonly SystemCall[], recorded: Recorded): Recording {
  const interpreter = new Interpreter(calls, recorded);
  for (const call of [...calls].sort((one, other) => momentOf(one) - momentOf(other))) {
    handlers[call.name]?.(interpreter, call);
  }
  return { top: interpreter.names.top, events: interpreter.events };
}

/** When a call counts: at its end, but a descriptor that is being closed may be another thread's before that is seen. */
function momentOf({ name, begin, end }: SystemCall): number {
  return name === 'close' ? begin : end;
}

type Handler = (on: Interpreter, call: SystemCall) => void;

const text = (arg: string | undefined) => bytesOf(arg ?? '').toString();
const octal = (arg: string | undefined) => Number.parseInt(arg ?? '0', 8);

function makes(type: Node['type'], { path, directory, mode }: { path: number; directory?: number; mode?: number }) {
  return ((on, call) => {
    const place = on.place(call, path, directory);
    if (place === undefined) return;
    const target = type === 'link' ? { target: text(call.args[0]) } : {};
    on.make(place, { type, ...target }, mode === undefined ? 0o777 : octal(call.args[mode]), call);
  }) satisfies Handler;
}

function links(from: Place | undefined, to: Place | undefined, on: Interpreter, call: SystemCall): void {
  if (from?.node === undefined || to?.entry === undefined) return;
  on.names.put(to.entry, from.node);
  on.add({ type: 'link', entry: to.entry, node: from.node }, call);
}

function unlinks(place: Place | undefined, on: Interpreter, call: SystemCall): void {
  // What is not known was made by the kernel: overlay's own directory in a work directory.
  if (place?.node === undefined || place.entry === undefined) return;
  on.names.remove(place.entry);
  on.add({ type: 'unlink', entry: place.entry, node: place.node }, call);
}

function renames(from: Place | undefined, to: Place | undefined, on: Interpreter, call: SystemCall): void {
  if (call.args.at(-1)?.includes('RENAME_EXCHANGE') === true) throw new Error('exchanges are not understood');
  if (from?.entry === undefined || from.node === undefined || to?.entry === undefined) return;
  on.names.remove(from.entry);
  on.names.put(to.entry, from.node);
  on.add({ type: 'rename', from: from.entry, to: to.entry, node: from.node }, call);
}

function changesMode(node: Node | undefined, mode: string | undefined, on: Interpreter, call: SystemCall): void {
  if (node !== undefined) on.add({ type: 'mode', node, mode: octal(mode) }, call);
}

function changesOwner(node: Node | undefined, first: number, on: Interpreter, call: SystemCall): void {
  if (node === undefined) return;
  on.add({ type: 'owner', node, uid: Number(call.args[first]), gid: Number(call.args[first + 1]) }, call);
}

function changesTime(on: Interpreter, call: SystemCall): void {
  const node = call.args[1] === 'NULL' ? on.file(call)?.node : on.place(call, 1, 0)?.node;
  const [, time] = [...(call.args[2] ?? '').matchAll(/tv_sec=(-?\d+), tv_nsec=(\d+)/g)];
  if (node === undefined) return;
  if (time === undefined) throw new Error(`times that are not given are not understood: ${call.args[2]}`);
  on.add({ type: 'time', node, time: BigInt(time[1] ?? 0) * 1_000_000_000n + BigInt(time[2] ?? 0) }, call);
}

function duplicates(on: Interpreter, call: SystemCall): void {
  const closesOnExec = call.args.some((arg) => arg.includes('CLOEXEC'));
  on.descriptors.set(call.process, call.result, on.file(call), closesOnExec);
}

function maps(on: Interpreter, call: SystemCall): void {
  const [, , protection = '', flags = '', descriptor = ''] = call.args;
  if (!protection.includes('PROT_WRITE') || !flags.includes('MAP_SHARED')) return;
  const node = on.descriptors.get(call.process, Number(descriptor))?.node;
  if (node === undefined) return;
  const name = on.events.find((event) => event.type === 'make' && event.node === node);
  if (name?.type !== 'make' || name.entry.name !== mayBeMapped) throw new Error('a file is written through a map');
}

/** For calls that copy from file to file inside the kernel. */
function refuses(target: number): Handler {
  return (on, call) => {
    if (on.file(call, target)?.node !== undefined) throw new Error(`${call.name} is not understood`);
  };
}

const handlers: Readonly<Record<string, Handler>> = {
  open: (on, call) => on.open(call, 0, call.args[1] ?? '', octal(call.args[2])),
  openat: (on, call) => on.open(call, 1, call.args[2] ?? '', octal(call.args[3])),
  openat2: (on, call) => {
    const [, flags = '', mode] = /flags=([^,}]*)(?:, mode=(\d+))?/.exec(call.args[2] ?? '') ?? [];
    on.open(call, 1, flags, octal(mode));
  },
  creat: (on, call) => on.open(call, 0, 'O_WRONLY|O_CREAT|O_TRUNC', octal(call.args[1])),
  close: (on, { process, args }) => on.descriptors.set(process, Number(args[0]), undefined, false),
  dup: duplicates,
  dup2: duplicates,
  dup3: duplicates,
  fcntl: (on, call) => {
    if (call.args[1]?.startsWith('F_DUPFD') === true) duplicates(on, call);
  },
  clone: () => undefined,
  clone3: () => undefined,
  fork: () => undefined,
  vfork: () => undefined,
  execve: (on, { process }) => on.descriptors.exec(process),
  mkdir: makes('directory', { path: 0, mode: 1 }),
  mkdirat: makes('directory', { path: 1, directory: 0, mode: 2 }),
  symlink: makes('link', { path: 1 }),
  symlinkat: makes('link', { path: 2, directory: 1 }),
  bind: (on, call) => {
    const [, name] = /sun_path=("[^"]*")/.exec(call.args[1] ?? '') ?? [];
    const place = name === undefined ? undefined : on.resolve(call, text(name));
    if (place !== undefined) on.make(place, { type: 'socket' }, 0o777, call);
  },
  link: (on, call) => links(on.place(call, 0), on.place(call, 1), on, call),
  linkat: (on, call) => links(on.place(call, 1, 0), on.place(call, 3, 2), on, call),
  unlink: (on, call) => unlinks(on.place(call, 0), on, call),
  unlinkat: (on, call) => unlinks(on.place(call, 1, 0), on, call),
  rmdir: (on, call) => unlinks(on.place(call, 0), on, call),
  rename: (on, call) => renames(on.place(call, 0), on.place(call, 1), on, call),
  renameat: (on, call) => renames(on.place(call, 1, 0), on.place(call, 3, 2), on, call),
  renameat2: (on, call) => renames(on.place(call, 1, 0), on.place(call, 3, 2), on, call),
  chmod: (on, call) => changesMode(on.place(call, 0)?.node, call.args[1], on, call),
  fchmod: (on, call) => changesMode(on.file(call)?.node, call.args[1], on, call),
  fchmodat: (on, call) => changesMode(on.place(call, 1, 0)?.node, call.args[2], on, call),
  chown: (on, call) => changesOwner(on.place(call, 0)?.node, 1, on, call),
  lchown: (on, call) => changesOwner(on.place(call, 0)?.node, 1, on, call),
  fchown: (on, call) => changesOwner(on.file(call)?.node, 1, on, call),
  fchownat: (on, call) => changesOwner(on.place(call, 1, 0)?.node, 2, on, call),
  utimensat: changesTime,
  truncate: (on, call) => {
    const node = on.place(call, 0)?.node;
    if (node !== undefined) on.resize(node, Number(call.args[1]), call);
  },
  ftruncate: (on, call) => {
    const node = on.file(call)?.node;
    if (node !== undefined) on.resize(node, Number(call.args[1]), call);
  },
  fallocate: (on, call) => {
    const node = on.file(call)?.node;
    if (node === undefined || call.args[1] === 'FALLOC_FL_KEEP_SIZE') return;
    if (call.args[1] !== '0') throw new Error(`fallocate is not understood with ${call.args[1]}`);
    on.grow(node, Number(call.args[2]) + Number(call.args[3]), call);
  },
  lseek: (on, call) => {
    const file = on.file(call);
    if (file !== undefined) file.offset = call.result;
  },
  write: (on, call) => on.write(on.file(call), bytesOf(call.args[1] ?? ''), undefined, call),
  writev: (on, call) => on.write(on.file(call), bytesOfVector(call.args[1] ?? ''), undefined, call),
  pwrite64: (on, call) => on.write(on.file(call), bytesOf(call.args[1] ?? ''), Number(call.args[3]), call),
  pwritev: (on, call) => on.write(on.file(call), bytesOfVector(call.args[1] ?? ''), Number(call.args[3]), call),
  mmap: maps,
  copy_file_range: refuses(2),
  sendfile: refuses(0),
  splice: refuses(2),
  fsync: (on, call) => syncsFile(on, call, false),
  fdatasync: (on, call) => syncsFile(on, call, true),
  syncfs: (on, call) => {
    if (on.file(call)?.node !== undefined) on.sync(undefined, false, call);
  },
  sync: (on, call) => on.sync(undefined, false, call),
};

function syncsFile(on: Interpreter, call: SystemCall, dataOnly: boolean): void {
  const node = on.file(call)?.node;
  if (node !== undefined) on.sync(node, dataOnly, call);
}
