import type { CheckEvent, CheckRequest } from '../check/index.js';
import type { CallContext } from '../snapshots/index.js';
import type { Config } from './config/index.js';

/** See `checkRoot` in check/check-root.ts, which this loads when it is wanted. */
export async function* checkRoot(
  config: Config,
  request: CheckRequest,
  call?: CallContext,
): AsyncGenerator<CheckEvent> {
  const { checkRoot: run } = await import('./check/check-root.js');
  yield* run(config, request, call);
}
