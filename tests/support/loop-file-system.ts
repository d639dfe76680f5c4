import { spawn } from 'node:child_process';
import { mkdtemp, rm, rmdir, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  attachLoop,
  type FileSystemType,
  findMkfs,
  hasLoopDevices,
  makeFileSystem,
  mountAll,
  unmountAll,
} from '../../src/linux/index.js';
import { toldReasonToSkip } from './needs/told.js';

/** A file system of its own for a test. */
export interface LoopFileSystemOptions {
  readonly type: FileSystemType;
  /** Its size in bytes; the disk gives only what is written. Default 512 MiB, of which xfs wants at least 300. */
  readonly size?: number;
  /** Options to mount it with. */
  readonly mountOptions?: readonly string[];
  /** Further arguments of mkfs. */
  readonly mkfsOptions?: readonly string[];
}

/** Where it is mounted; unmounted and gone when disposed. */
export interface LoopFileSystem extends AsyncDisposable {
  readonly path: string;
  /** The loop device that it lies on. */
  readonly device: string;
}

const DEFAULT_SIZE = 512 * 2 ** 20;

/** Why a file system of a type cannot be made here, for the `skip` of a test; false when it can. */
export function whyNoLoopFileSystem(...types: readonly FileSystemType[]): string | false {
  if (process.getuid?.() !== 0) return 'needs root';
  if (!hasLoopDevices()) return 'needs loop devices';
  const missing = types.filter((type) => findMkfs(type) === undefined).map((type) => `mkfs.${type}`);
  if (missing.length > 0) return `needs ${missing.join(', ')}`;
  return toldReasonToSkip(...types);
}

/**
 * Makes a file system in a file, and mounts it at a new directory through a loop device. The file is unlinked, the
 * device clears itself, and a child process unmounts it should this process end without disposing, killed or not: then
 * nothing of it is left.
 * @throws what is missing here; see {@link whyNoLoopFileSystem}.
 */
export async function loopFileSystem(options: LoopFileSystemOptions): Promise<LoopFileSystem> {
  const directory = await mkdtemp(path.join(tmpdir(), `strata-${options.type}-`));
  const undertaker = startUndertaker(directory);
  try {
    const device = await mountImage(directory, options);
    return { path: directory, device, [Symbol.asyncDispose]: () => end(directory, undertaker) };
  } catch (error) {
    await end(directory, undertaker);
    throw error;
  }
}

async function mountImage(directory: string, options: LoopFileSystemOptions): Promise<string> {
  const { type, size = DEFAULT_SIZE, mountOptions = [], mkfsOptions = [] } = options;
  const image = `${directory}.img`;
  try {
    await writeFile(image, '');
    await truncate(image, size);
    await makeFileSystem({ type, path: image, options: mkfsOptions });
    using device = attachLoop(image);
    await mountAll([{ type, source: device.path, target: '', options: mountOptions }], directory);
    return device.path;
  } finally {
    await rm(image, { force: true });
  }
}

interface Undertaker {
  /** Lets it go, and waits until it has. */
  dismiss(): Promise<void>;
}

/** What the child does when its standard input ends, which it does with this process at the latest. */
const BURY = 'read -r _; umount --lazy "$0" 2>/dev/null; rm -f "$0.img"; rmdir "$0" 2>/dev/null';

function startUndertaker(directory: string): Undertaker {
  const child = spawn('sh', ['-c', BURY, directory], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  const gone = new Promise<void>((resolve, reject) => child.once('exit', () => resolve()).once('error', reject));
  gone.catch(() => undefined);
  // Neither the child nor the pipe to it keeps the test's process alive.
  child.unref();
  if ('unref' in child.stdin && typeof child.stdin.unref === 'function') child.stdin.unref();
  return {
    async dismiss() {
      child.ref();
      child.stdin.end();
      await gone;
    },
  };
}

async function end(directory: string, undertaker: Undertaker): Promise<void> {
  try {
    await unmountAll(directory);
    await rmdir(directory);
  } finally {
    await undertaker.dismiss();
  }
}
