import type { ResolvedDevmapperOptions } from './options.js';
import { ThinPool } from './thin-pool.js';

/**
 * Finds the pool on this machine.
 * @throws FailedPreconditionError when there is none, or it is broken; ResourceExhaustedError when it is full.
 */
export async function probePool({ poolName, mapper }: ResolvedDevmapperOptions): Promise<ThinPool> {
  const pool = new ThinPool(poolName, mapper);
  await pool.check();
  return pool;
}
