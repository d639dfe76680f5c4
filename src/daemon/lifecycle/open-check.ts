import type { CheckEvent, CheckOptions } from '../../check/index.js';
import type { CallContext } from '../../snapshots/index.js';
import type { Config } from '../config/index.js';

/** See `checkRoot` in check/check-root.ts, which this loads on first use. */
export async function* checkRoot(
  config: Config,
  options: CheckOptions,
  call?: CallContext,
): AsyncGenerator<CheckEvent> {
  const { checkRoot: run } = await import('../check/check-root.js');
  yield* run(config, options, call);
}
