import type { CheckAction, CheckEvent, CheckOptions, CheckSummary } from '../../check/index.js';
import { InvalidArgumentError, NotImplementedError } from '../../errors/index.js';
import type { CallContext, CheckLevel, CollectedSnapshot, Collection, Kept } from '../../snapshots/index.js';
import { defineService, type GrpcService } from '../engines/index.js';
import { wireMaintenance } from '../proto/index.js';

/** What the service needs; a method whose part is absent answers that it is not implemented. */
export interface MaintenanceServiceOptions {
  readonly check?: (options: CheckOptions, call: CallContext) => AsyncIterable<CheckEvent>;
  /** The bytes of a new backup of all records. */
  readonly backup?: (call: CallContext) => AsyncIterable<Uint8Array>;
  readonly why?: (snapshot: { readonly snapshotter: string; readonly key: string }, call: CallContext) => Promise<Kept>;
  readonly collect?: (options: { readonly dryRun: boolean }, call: CallContext) => Promise<Collection>;
}

/** The service `strata.v1.Maintenance`. */
export function maintenanceService({ check, backup, collect, why }: MaintenanceServiceOptions): GrpcService {
  return defineService(wireMaintenance.MaintenanceDefinition, {
    check: async function* (request, call) {
      if (check === undefined) throw new NotImplementedError('this daemon cannot check');
      for await (const event of check(optionsOf(request), call)) yield { event: eventToWire(event) };
    },
    backup: async function* (_request, call) {
      if (backup === undefined) throw new NotImplementedError('this daemon cannot make backups');
      let total = 0;
      for await (const value of backup(call)) {
        total += value.length;
        yield { part: { $case: 'data', value } };
      }
      yield { part: { $case: 'total', value: total } };
    },
    why: async (request, call) => {
      if (why === undefined) throw new NotImplementedError('this daemon does not collect');
      const { by, mounted = '' } = await why(request, call);
      return { keptBy: by.map((each) => ({ ...each, through: [...each.through] })), mounted };
    },
    collect: async function* (request, call) {
      if (collect === undefined) throw new NotImplementedError('this daemon does not collect');
      const { snapshots, skipped, ...summary } = await collect(request, call);
      for (const block of blocksOf(snapshots)) yield { snapshots: block, skipped: [], summary: undefined };
      for (const block of blocksOf(skipped)) yield { snapshots: [], skipped: block, summary: undefined };
      yield { snapshots: [], skipped: [], summary };
    },
  });
}

/** How many snapshots go into one message. */
const blockSize = 1000;

function* blocksOf(snapshots: readonly CollectedSnapshot[]): Generator<CollectedSnapshot[]> {
  for (let first = 0; first < snapshots.length; first += blockSize) yield snapshots.slice(first, first + blockSize);
}

const levels: Readonly<Record<string, CheckLevel>> = { '': 'normal', quick: 'quick', normal: 'normal', deep: 'deep' };

function optionsOf({ level: name, repair, containerd: address, ...how }: wireMaintenance.CheckRequest): CheckOptions {
  const level = Object.hasOwn(levels, name) ? levels[name] : undefined;
  if (level === undefined) throw new InvalidArgumentError(`level ${JSON.stringify(name)}: want quick, normal or deep`);
  const containerd = address === '' ? {} : { containerd: address };
  return { level, ...(repair ? { repair: how } : {}), ...containerd };
}

const nothing = { snapshotter: '', namespace: '', key: '', id: '' };

function eventToWire(event: CheckEvent): wireMaintenance.CheckResponse['event'] {
  switch (event.type) {
    case 'finding':
    case 'note':
    case 'left':
      return { $case: event.type, value: { ...nothing, path: '', ...event.finding } };
    case 'action':
      return { $case: 'action', value: actionToWire(event.action) };
    case 'summary':
      return { $case: 'summary', value: summaryToWire(event.summary) };
  }
}

function actionToWire({ forget = [], ...action }: CheckAction): wireMaintenance.RepairAction {
  return { ...nothing, reason: '', ...action, forget: [...forget] };
}

function summaryToWire(summary: CheckSummary): wireMaintenance.CheckSummary {
  return { containerd: '', ...summary, unseen: [...summary.unseen], unread: [...summary.unread] };
}
