import { rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFileSystem, syncDevice, temporaryMount } from '../../linux/index.js';
import type { DeviceFileSystem } from './device-records.js';
import type { ResolvedDevmapperOptions } from './options.js';

/** Writes everything at once: what the kernel would write later, each child of the device would write again. */
const defaultOptions: Readonly<Record<DeviceFileSystem, readonly string[]>> = {
  ext2: ['-E', 'nodiscard,lazy_itable_init=0'],
  ext4: ['-E', 'nodiscard,lazy_itable_init=0,lazy_journal_init=0'],
  xfs: [],
};

/** What is to be made on a device, and where it may be mounted for a moment. */
export type FormatOptions = Pick<ResolvedDevmapperOptions, 'fileSystem' | 'fileSystemOptions' | 'root'>;

/**
 * Makes an empty file system on a device, and has it on disk.
 * @throws UnknownError with what mkfs said; a system error of the device.
 */
export async function formatDevice(
  path: string,
  { fileSystem: type, fileSystemOptions, root }: FormatOptions,
  signal?: AbortSignal,
): Promise<void> {
  const options = fileSystemOptions.length === 0 ? defaultOptions[type] : fileSystemOptions;
  await makeFileSystem({ type, path, options, signal });
  await removeLostAndFound({ type, source: path, directory: root });
  await syncDevice(path);
}

/** The root of a snapshot begins empty (containerd does the same). */
async function removeLostAndFound({
  type,
  source,
  directory,
}: {
  type: DeviceFileSystem;
  source: string;
  directory: string;
}) {
  await using mounted = await temporaryMount([{ type, source, target: '', options: [] }], { directory });
  await rmdir(join(mounted.path, 'lost+found')).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}
