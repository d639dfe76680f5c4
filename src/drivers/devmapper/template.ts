import { rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFileSystem, syncDevice, temporaryMount } from '../../linux/index.js';
import type { ThinDevices } from './devices.js';
import type { ResolvedDevmapperOptions } from './options.js';
import type { DeviceRegistry } from './registry.js';
import type { DeviceFileSystem } from './tables.js';
import type { ThinPool } from './thin-pool.js';

/** The id under which the template is recorded; no snapshot has it. */
export const templateId = '0';

/** Everything is written at once: what the kernel would write later, each child of the template would write again. */
const defaultOptions: Readonly<Record<DeviceFileSystem, readonly string[]>> = {
  ext2: ['-E', 'nodiscard,lazy_itable_init=0'],
  ext4: ['-E', 'nodiscard,lazy_itable_init=0,lazy_journal_init=0'],
  xfs: [],
};

/** What a template is made with. */
export interface TemplateParts {
  readonly options: ResolvedDevmapperOptions;
  readonly pool: ThinPool;
  readonly registry: DeviceRegistry;
  readonly devices: ThinDevices;
}

/**
 * A device with an empty file system, which every snapshot without a parent begins as a snapshot of: mkfs runs once, not
 * for each of them, and what it wrote is in the pool once.
 */
export class Template {
  readonly #parts: TemplateParts;
  #making: Promise<void> | undefined;

  constructor(parts: TemplateParts) {
    this.#parts = parts;
  }

  /** Makes it when there is none like it. The first call takes as long as mkfs does. */
  async ready(): Promise<void> {
    this.#making ??= this.#make();
    try {
      await this.#making;
    } catch (error) {
      this.#making = undefined;
      throw error;
    }
  }

  async #make(): Promise<void> {
    const { options, registry, devices } = this.#parts;
    const { fileSystem, baseImageSize: size } = options;
    const found = registry.get(templateId);
    if (found?.state === 'deactivated' && found.fileSystem === fileSystem && found.size === size) return;
    await devices.delete(templateId);
    await devices.createEmpty(templateId, { fileSystem, size });
    try {
      await devices.guard(templateId, 'failed to make a file system', () => this.#format());
      await devices.putAway(templateId);
    } catch (error) {
      await devices.delete(templateId);
      throw error;
    }
  }

  async #format(): Promise<void> {
    const { options, pool } = this.#parts;
    const { fileSystem: type, fileSystemOptions, root } = options;
    const path = pool.devicePath(templateId);
    const chosen = fileSystemOptions.length === 0 ? defaultOptions[type] : fileSystemOptions;
    await makeFileSystem({ type, path, options: chosen });
    await removeLostAndFound({ type, source: path, directory: root });
    await syncDevice(path);
  }
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
