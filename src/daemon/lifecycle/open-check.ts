import type { CheckEvent, CheckRequest } from '../../check/index.js';
import type { CallContext } from '../../snapshots/index.js';
import type { RebuiltRoot } from '../check/rebuild-root.js';
import type { Config } from '../config/index.js';

/** See `checkRoot` in check/check-root.ts, which this loads when it is wanted. */
export async function* checkRoot(
  config: Config,
  request: CheckRequest,
  call?: CallContext,
): AsyncGenerator<CheckEvent> {
  const { checkRoot: run } = await import('../check/check-root.js');
  yield* run(config, request, call);
}

/** See `rebuildRoot` in check/rebuild-root.ts, which this loads when it is wanted. */
export async function rebuildRoot(config: Config, call?: CallContext): Promise<RebuiltRoot> {
  const { rebuildRoot: run } = await import('../check/rebuild-root.js');
  return run(config, call);
}
