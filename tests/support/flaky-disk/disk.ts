import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type DeviceTable, deviceMapper, makeFileSystem, mappedDevicePath } from '../../../src/linux/index.js';
import { mustRun, run } from '../run.js';
import { until } from '../until.js';

/** The file systems that are put on such disks. */
export type FileSystem = 'ext4' | 'xfs';

/** 320 MiB, the least that an xfs likes. */
const sectors = 320 * 2048;

type Target = (device: string) => Pick<DeviceTable, 'type' | 'parameters'>;

/** What becomes of requests. dm-flakey is up for no second and down for an hour, with one feature of one word. */
const targets = {
  healthy: (device) => ({ type: 'linear', parameters: `${device} 0` }),
  /** Writes and flushes fail with an input/output error; reads succeed. */
  failing: (device) => ({ type: 'flakey', parameters: `${device} 0 0 3600 1 error_writes` }),
  /** Writes and flushes are said to be done, and are not: the disk stays as it is at this moment. */
  dropping: (device) => ({ type: 'flakey', parameters: `${device} 0 0 3600 1 drop_writes` }),
} as const satisfies Record<string, Target>;

/** A new file system on a disk that can be made to fail, mounted in a folder. Its disposal takes away all of it. */
export class FlakyDisk implements AsyncDisposable {
  readonly #device: string;
  readonly #type: FileSystem;
  readonly #name: string;
  #mounted = false;
  /** Where it is mounted. */
  readonly path: string;

  private constructor(device: string, type: FileSystem) {
    this.#device = device;
    this.#type = type;
    this.#name = `strata-flaky-${process.pid}`;
    this.path = mkdtempSync(path.join(tmpdir(), 'flaky-'));
  }

  /** Makes one over the beginning of a block device, whose content is lost. One at a time in a process. */
  static async make(device: string, type: FileSystem): Promise<FlakyDisk> {
    const disk = new FlakyDisk(device, type);
    await deviceMapper.create(disk.#name, disk.#table('healthy'));
    try {
      await makeFileSystem({ type, path: mappedDevicePath(disk.#name) });
      await disk.mount();
      return disk;
    } catch (error) {
      await disk[Symbol.asyncDispose]();
      throw error;
    }
  }

  /**
   * Has all requests from now on end in one way. Nothing is written out for that. In between requests wait, also those of
   * this process, on whatever thread: so it is another one that lets them go on.
   */
  async become(state: keyof typeof targets): Promise<void> {
    const { type, parameters } = this.#table(state);
    const script = `
      dmsetup reload "$1" --table "$2"
      dmsetup suspend --noflush --nolockfs "$1"
      dmsetup resume "$1"`;
    await mustRun('sh', ['-ec', script, 'sh', this.#name, `0 ${sectors} ${type} ${parameters}`]);
  }

  /** Mounts it, which has the kernel do again what the file system's journal says. */
  async mount(): Promise<void> {
    await mustRun('mount', ['-t', this.#type, mappedDevicePath(this.#name), this.path]);
    this.#mounted = true;
  }

  /** What the kernel has in memory of it is gone afterwards. */
  async unmount(): Promise<void> {
    // A process that was killed a moment ago may have children that still use it.
    await until('nobody uses the disk', async () => (await run('umount', [this.path])).status === 0);
    this.#mounted = false;
  }

  /** Repairs what write errors left, as its administrator would. It must not be mounted. */
  async repair(): Promise<void> {
    // xfs does so when it is mounted. The first bits of e2fsck's status say that it repaired something.
    if (this.#type === 'ext4') {
      const { status, stdout, stderr } = await run('e2fsck', ['-fy', mappedDevicePath(this.#name)]);
      if (status === undefined || status >= 4) throw new Error(`e2fsck: status ${status}\n${stdout}${stderr}`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.become('healthy');
    if (this.#mounted) await this.unmount();
    await deviceMapper.remove(this.#name);
    rmSync(this.path, { recursive: true });
  }

  #table(state: keyof typeof targets): DeviceTable {
    return { sectors, ...targets[state](this.#device) };
  }
}
