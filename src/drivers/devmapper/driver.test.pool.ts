/** Thin pools of their own for the tests. */
import { randomBytes } from 'node:crypto';
import type { TestContext } from 'node:test';
import { type BreakableDisk, breakableDisk } from '../../../tests/support/breakable-disk.js';
import { deviceMapper } from '../../linux/index.js';

const metadataMegabytes = 8;
/** The smallest that a thin pool takes: 64 KiB. */
const blockSectors = 128;

/** A thin pool that goes with a test. */
export interface TestPool {
  readonly name: string;
  /** The disk below it. */
  readonly disk: BreakableDisk;
}

/** Makes a pool; it and all devices on it are removed after the test. */
export async function testPool(t: TestContext, megabytes = 512): Promise<TestPool> {
  const name = `strata-test-${randomBytes(4).toString('hex')}`;
  // Registered first, since what was registered first is done first.
  let disk: BreakableDisk | undefined;
  t.after(async () => {
    await disk?.repair();
    await removePool(name);
  });
  const metadata = await breakableDisk(t, metadataMegabytes);
  disk = await breakableDisk(t, megabytes);
  const parameters = `${metadata.path} ${disk.path} ${blockSectors} 0 1 skip_block_zeroing`;
  await deviceMapper.create(name, { sectors: disk.sectors, type: 'thin-pool', parameters });
  return { name, disk };
}

/** The devices on the pool go first. */
async function removePool(pool: string): Promise<void> {
  const devices = (await deviceMapper.list()).filter((name) => name.startsWith(`${pool}-`));
  for (const name of [...devices, pool]) {
    if ((await deviceMapper.find(name))?.suspended === true) await deviceMapper.resume(name);
    await deviceMapper.remove(name);
  }
}
