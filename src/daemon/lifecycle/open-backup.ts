import type { CallContext } from '../../snapshots/index.js';
import type { RestoredStore } from '../../store/index.js';
import type { Config } from '../config/index.js';

/** See `backUpRoot` in backup/root.ts, which this loads on first use. */
export async function backUpRoot(config: Config, file: string, call?: CallContext): Promise<void> {
  const { backUpRoot: run } = await import('../backup/root.js');
  return run(config, file, call);
}

/** See `restoreRoot` in backup/root.ts, which this loads on first use. */
export async function restoreRoot(config: Config, file: string, call?: CallContext): Promise<RestoredStore> {
  const { restoreRoot: run } = await import('../backup/root.js');
  return run(config, file, call);
}
