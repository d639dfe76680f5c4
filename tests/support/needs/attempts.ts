/** What the tests do with the kernel, in small and by the tools of the system, so that no fault of ours is taken for one of the machine. */
import { chmod, chown, copyFile, mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { unmountBelow } from '../mounts.js';
import { oldNode, onNode } from '../old-node.js';
import { mustRun } from '../run.js';

const nobody = 65_534;

/** Mounts an overlay where the tests do. */
export function mountsOverlay(): Promise<void> {
  return inDirectory(async (directory) => {
    await makeDirectories(directory, overlayDirectories);
    await mustRun('mount', [
      '-t',
      'overlay',
      '-o',
      overlayOptions(directory),
      'overlay',
      path.join(directory, 'merged'),
    ]);
  });
}

/** Makes a file system in a file and mounts it through a loop device. */
export function mountsFileSystem(type: 'ext4' | 'xfs' | 'btrfs'): Promise<void> {
  return inDirectory(async (directory) => {
    const image = await emptyFile(path.join(directory, 'image'), 512);
    await mustRun(`mkfs.${type}`, [image]);
    await mountImage(type, directory, image);
  });
}

/** Mounts an erofs image. */
export function mountsErofs(): Promise<void> {
  return inDirectory(async (directory) => {
    const image = path.join(directory, 'image');
    await makeDirectories(directory, ['files']);
    await mustRun('mkfs.erofs', [image, path.join(directory, 'files')]);
    await mountImage('erofs', directory, image);
  });
}

/** Mounts an overlay in a user namespace that somebody without rights made. */
export function mountsInUserNamespace(): Promise<void> {
  return inDirectory(async (directory) => {
    await makeDirectories(directory, overlayDirectories);
    for (const name of ['', ...overlayDirectories]) await chown(path.join(directory, name), nobody, nobody);
    const user = [`--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups', '--inh-caps=-all', '--bounding-set=-all'];
    const namespace = ['unshare', '--user', '--map-root-user', '--mount', '--'];
    const mount = ['mount', '-t', 'overlay', '-o', `userxattr,${overlayOptions(directory)}`, 'overlay'];
    await mustRun('setpriv', [...user, '--', ...namespace, ...mount, path.join(directory, 'merged')]);
  });
}

/** Runs a container, with control groups and namespaces. @param busybox A static one. */
export function runsContainers(busybox: string): Promise<void> {
  return inDirectory(async (directory) => {
    await makeDirectories(directory, ['rootfs', 'state']);
    await copyFile(busybox, path.join(directory, 'rootfs', 'busybox'));
    await chmod(path.join(directory, 'rootfs', 'busybox'), 0o755);
    await makeDirectories(path.join(directory, 'rootfs'), ['proc', 'sys', 'dev']);
    await mustRun('runc', ['spec'], { cwd: directory });
    const file = path.join(directory, 'config.json');
    const spec = JSON.parse(await readFile(file, 'utf8')) as { process: object };
    const once = { ...spec, process: { ...spec.process, terminal: false, args: ['/busybox', 'true'] } };
    await writeFile(file, JSON.stringify(once));
    const id = path.basename(directory);
    await mustRun('runc', ['--root', path.join(directory, 'state'), 'run', '--bundle', directory, id]);
  });
}

/** Runs npm on a Node that is too old for Strata, for which it may be too new. */
export async function runsNpmOnOldNode(): Promise<void> {
  await mustRun('npm', ['--version'], { env: onNode(oldNode) });
}

/** Traces the system calls of a program with its children. */
export async function traces(): Promise<void> {
  await mustRun('strace', ['-f', '-o', '/dev/null', 'sh', '-c', 'true; true']);
}

const overlayDirectories = ['lower', 'upper', 'work', 'merged'];

function overlayOptions(directory: string): string {
  const [lower, upper, work] = overlayDirectories.map((name) => path.join(directory, name));
  return `lowerdir=${lower},upperdir=${upper},workdir=${work}`;
}

async function mountImage(type: string, directory: string, image: string): Promise<void> {
  const target = path.join(directory, 'mounted');
  await mkdir(target);
  await mustRun('mount', ['-t', type, '-o', 'loop', image, target]);
}

async function makeDirectories(parent: string, names: readonly string[]): Promise<void> {
  for (const name of names) await mkdir(path.join(parent, name));
}

async function emptyFile(file: string, megabytes: number): Promise<string> {
  await using handle = await open(file, 'wx');
  await handle.truncate(megabytes * 2 ** 20);
  return file;
}

/** Does something in a new directory, and takes away what it leaves there. */
async function inDirectory(action: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(path.join(tmpdir(), 'strata-need-'));
  try {
    await action(directory);
  } finally {
    await unmountBelow(directory);
    await rm(directory, { recursive: true, force: true });
  }
}
