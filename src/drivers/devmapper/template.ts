import type { ThinDevices } from './devices.js';
import { formatDevice } from './format.js';
import type { ResolvedDevmapperOptions } from './options.js';
import type { DeviceRegistry } from './registry.js';
import type { ThinPool } from './thin-pool.js';

/** The id under which the template is recorded; no snapshot has it. */
export const templateId = '0';

/** What a template is made with. */
export interface TemplateParts {
  readonly options: ResolvedDevmapperOptions;
  readonly pool: ThinPool;
  readonly registry: DeviceRegistry;
  readonly devices: ThinDevices;
}

/**
 * A device with an empty file system; every snapshot without a parent begins as a snapshot of it. So mkfs runs once, and its
 * output is in the pool once.
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

  /** Deletes an unfinished template of an earlier process. */
  async dropUnfinished(): Promise<void> {
    const { registry, devices } = this.#parts;
    const found = registry.get(templateId);
    if (found !== undefined && found.state !== 'deactivated') await devices.delete(templateId);
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
    await formatDevice(pool.devicePath(templateId), options);
    options.faults.reach('devmapper.formatted');
  }
}
