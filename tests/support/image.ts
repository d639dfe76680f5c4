/** A small image whose layers do to each other everything that layers can. */
import { chmod, copyFile, link, mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { mustRun } from './run.js';

/** The name under which the image is imported. */
export const imageName = 'strata.test/layers:v1';

/** How many layers it has: two full ones, a directory that hides what was below, and two removals. */
export const imageLayers = 5;

/** An archive that `ctr image import` takes, made from Debian's busybox-static. */
export async function buildImage(directory: string): Promise<string> {
  const layout = path.join(directory, 'layout');
  const image = `${layout}:v1`;
  await mustRun('umoci', ['init', '--layout', layout]);
  await mustRun('umoci', ['new', '--image', image]);

  const base = await makeBase(path.join(directory, 'base'));
  await mustRun('umoci', ['insert', '--image', image, base, '/']);
  const changes = await makeChanges(path.join(directory, 'changes'));
  await mustRun('umoci', ['insert', '--image', image, changes, '/']);
  const opaque = await makeOpaque(path.join(directory, 'opaque'));
  await mustRun('umoci', ['insert', '--image', image, '--opaque', opaque, '/opaque']);
  await mustRun('umoci', ['insert', '--image', image, '--whiteout', '/data/deleted']);
  await mustRun('umoci', ['insert', '--image', image, '--whiteout', '/deleted-directory']);

  await mustRun('umoci', ['config', '--image', image, '--config.cmd', '/bin/sh', '--config.env', 'PATH=/bin']);
  const archive = path.join(directory, 'image.tar');
  await mustRun('tar', ['--create', '--file', archive, '--directory', layout, '.']);
  return archive;
}

/** What `ctr image import` needs beside the archive to give the image its name. */
export const importArguments = ['--base-name', imageName.replace(/:v1$/, '')] as const;

async function makeBase(directory: string): Promise<string> {
  for (const folder of ['bin', 'data', 'opaque', 'deleted-directory', 'etc', 'proc', 'sys', 'dev', 'tmp']) {
    await mkdir(path.join(directory, folder), { recursive: true });
  }
  await copyFile('/bin/busybox', path.join(directory, 'bin', 'busybox'));
  for (const applet of ['sh', 'cat', 'ls', 'stat', 'touch', 'sleep', 'true', 'readlink', 'dd', 'rm', 'grep']) {
    await symlink('busybox', path.join(directory, 'bin', applet));
  }
  await writeFile(path.join(directory, 'etc', 'passwd'), 'root:x:0:0:root:/:/bin/sh\n');
  await writeFile(path.join(directory, 'data', 'kept'), 'kept\n');
  await writeFile(path.join(directory, 'data', 'replaced'), 'from below\n');
  await writeFile(path.join(directory, 'data', 'deleted'), 'deleted\n');
  await writeFile(path.join(directory, 'opaque', 'hidden'), 'hidden\n');
  await writeFile(path.join(directory, 'deleted-directory', 'file'), 'deleted\n');
  return directory;
}

async function makeChanges(directory: string): Promise<string> {
  const data = path.join(directory, 'data');
  await mkdir(data, { recursive: true });
  await writeFile(path.join(data, 'replaced'), 'from above\n');
  await writeFile(path.join(data, 'setuid'), 'setuid\n');
  await chmod(path.join(data, 'setuid'), 0o4755);
  await writeFile(path.join(data, 'linked'), 'linked\n');
  await link(path.join(data, 'linked'), path.join(data, 'linked-too'));
  await symlink('../etc/passwd', path.join(data, 'symlink'));
  await writeFile(path.join(data, 'with-xattr'), 'xattr\n');
  await mustRun('setfattr', ['--name', 'user.strata', '--value', 'layered', path.join(data, 'with-xattr')]);
  await mustRun('mknod', [path.join(data, 'device'), 'c', '1', '3']);
  return directory;
}

async function makeOpaque(directory: string): Promise<string> {
  await mkdir(directory, { recursive: true });
  await writeFile(path.join(directory, 'visible'), 'visible\n');
  return directory;
}
