import type { CheckEvent, CheckOptions, CheckSummary } from '../../check/index.js';
import { InvalidArgumentError, NotImplementedError } from '../../errors/index.js';
import type { CallContext, CheckLevel } from '../../snapshots/index.js';
import { defineService, type GrpcService } from '../engines/index.js';
import { wireMaintenance } from '../proto/index.js';

/** What the service needs; a method whose part is absent answers that it is not implemented. */
export interface MaintenanceServiceOptions {
  readonly check?: (options: CheckOptions, call: CallContext) => AsyncIterable<CheckEvent>;
  /** The bytes of a new backup of all records. */
  readonly backup?: (call: CallContext) => AsyncIterable<Uint8Array>;
}

/** The service `strata.v1.Maintenance`. */
export function maintenanceService({ check, backup }: MaintenanceServiceOptions): GrpcService {
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
  });
}

const levels: Readonly<Record<string, CheckLevel>> = { '': 'normal', quick: 'quick', normal: 'normal', deep: 'deep' };

function optionsOf({ level: name, repair, ...how }: wireMaintenance.CheckRequest): CheckOptions {
  const level = Object.hasOwn(levels, name) ? levels[name] : undefined;
  if (level === undefined) throw new InvalidArgumentError(`level ${JSON.stringify(name)}: want quick, normal or deep`);
  return repair ? { level, repair: how } : { level };
}

const nothing = { snapshotter: '', namespace: '', key: '', id: '' };

function eventToWire(event: CheckEvent): wireMaintenance.CheckResponse['event'] {
  switch (event.type) {
    case 'finding':
    case 'left':
      return { $case: event.type, value: { ...nothing, path: '', ...event.finding } };
    case 'action':
      return { $case: 'action', value: { ...nothing, reason: '', ...event.action } };
    case 'summary':
      return { $case: 'summary', value: summaryToWire(event.summary) };
  }
}

function summaryToWire(summary: CheckSummary): wireMaintenance.CheckSummary {
  return { ...summary, unseen: [...summary.unseen], unread: [...summary.unread] };
}
