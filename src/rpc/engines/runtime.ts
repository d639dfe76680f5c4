import type { ActiveCalls } from './active-calls.js';
import type { ServiceLog } from './log.js';
import type { StatusMapper } from './status.js';

/** What every call needs, whatever its method. */
export interface CallRuntime {
  readonly calls: ActiveCalls;
  readonly statusOf: StatusMapper;
  readonly log: ServiceLog;
}
