import { InvalidArgumentError, NotImplementedError } from '../../errors/index.js';
import { wireMaintenance } from '../../proto/index.js';
import type { CallContext, CheckLevel } from '../../snapshots/index.js';
import { defineService, type GrpcService } from './service.js';

/** A finding of a check, as the service sends it. */
export interface ServedFinding {
  readonly kind: string;
  readonly snapshotter: string;
  readonly namespace?: string;
  readonly key?: string;
  readonly id?: string;
  readonly path?: string;
  readonly message: string;
  readonly remedy: string;
}

/** A step of a repair, as the service sends it. */
export interface ServedAction {
  readonly remedy: string;
  readonly snapshotter: string;
  readonly namespace?: string;
  readonly key?: string;
  readonly id?: string;
  readonly message: string;
  readonly state: string;
  readonly reason?: string;
}

/** What came of a check, as the service sends it. */
export interface ServedSummary {
  readonly findings: number;
  readonly snapshots: number;
  readonly compared: number;
  readonly withoutManifest: number;
  readonly repaired: number;
  readonly unseen: readonly string[];
}

/** What a check tells while it goes on. */
export type ServedCheckEvent =
  | { readonly type: 'finding'; readonly finding: ServedFinding }
  | { readonly type: 'action'; readonly action: ServedAction }
  /** After a repair: a finding that is still there. */
  | { readonly type: 'left'; readonly finding: ServedFinding }
  | { readonly type: 'summary'; readonly summary: ServedSummary };

/** How to check. */
export interface ServedCheckRequest {
  readonly level: CheckLevel;
  /** Absent: only look. */
  readonly repair?: { readonly dryRun: boolean; readonly dropDescendants: boolean };
}

/** What the service needs; a method whose part is absent answers that it is not implemented. */
export interface MaintenanceServiceOptions {
  readonly check?: (request: ServedCheckRequest, call: CallContext) => AsyncIterable<ServedCheckEvent>;
  /** The bytes of a new backup of all records. */
  readonly backup?: (call: CallContext) => AsyncIterable<Uint8Array>;
}

/** The service `strata.v1.Maintenance`. */
export function maintenanceService({ check, backup }: MaintenanceServiceOptions): GrpcService {
  return defineService(wireMaintenance.MaintenanceDefinition, {
    check: async function* (request, call) {
      if (check === undefined) throw new NotImplementedError('this daemon cannot check');
      for await (const event of check(checkRequest(request), call)) yield { event: eventToWire(event) };
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

function checkRequest({
  level: name,
  repair,
  dryRun,
  dropDescendants,
}: wireMaintenance.CheckRequest): ServedCheckRequest {
  const level = Object.hasOwn(levels, name) ? levels[name] : undefined;
  if (level === undefined) throw new InvalidArgumentError(`level ${JSON.stringify(name)}: want quick, normal or deep`);
  return repair ? { level, repair: { dryRun, dropDescendants } } : { level };
}

const nothing = { namespace: '', key: '', id: '' };

function eventToWire(event: ServedCheckEvent): wireMaintenance.CheckResponse['event'] {
  switch (event.type) {
    case 'finding':
    case 'left':
      return { $case: event.type, value: { ...nothing, path: '', ...event.finding } };
    case 'action':
      return { $case: 'action', value: { ...nothing, reason: '', ...event.action } };
    case 'summary':
      return { $case: 'summary', value: { ...event.summary, unseen: [...event.summary.unseen] } };
  }
}
