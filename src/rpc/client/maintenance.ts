import type { CheckAction, CheckEvent, CheckSummary } from '../../check/index.js';
import { InternalError } from '../../errors/index.js';
import { type CollectedSnapshot, type KeptBy, noContext } from '../../snapshots/api/index.js';
import { wireMaintenance, wireMethod } from '../proto/index.js';
import type { Channel } from './channel.js';
import type { Maintenance } from './types.js';

const { MaintenanceDefinition: service } = wireMaintenance;
const checkMethod = wireMethod(service, service.methods.check);
const whyMethod = wireMethod(service, service.methods.why);
const collectMethod = wireMethod(service, service.methods.collect);
const backupMethod = wireMethod(service, service.methods.backup);

/** The maintenance of the daemon behind a channel. */
export function clientMaintenance(channel: Channel): Maintenance {
  return {
    check: async function* ({ level = 'normal', repair, containerd = '' } = {}, call = noContext) {
      const { dryRun = false, dropDescendants = false, emptyLostAndFound = false } = repair ?? {};
      const request = { level, repair: repair !== undefined, dryRun, dropDescendants, emptyLostAndFound, containerd };
      let complete = false;
      for await (const { event } of channel.stream(checkMethod, request, call)) {
        const known = event === undefined ? undefined : eventFromWire(event);
        if (known !== undefined) yield known;
        complete = known?.type === 'summary';
      }
      if (!complete) throw new InternalError('the check ended without a summary');
    },
    backup: async function* (call = noContext) {
      let bytes = 0;
      let total: number | undefined;
      for await (const { part } of channel.stream(backupMethod, {}, call)) {
        if (part?.$case === 'total') total = part.value;
        if (part?.$case !== 'data') continue;
        bytes += part.value.length;
        yield part.value;
      }
      if (bytes !== total) throw new InternalError(`the backup ended after ${bytes} bytes, want ${total ?? 'more'}`);
    },
    why: async ({ key, snapshotter = 'auto' }, call = noContext) => {
      const { keptBy, mounted } = await channel.unary(whyMethod, { snapshotter, key }, call);
      return { by: keptBy.map(keptByFromWire), ...(mounted === '' ? {} : { mounted }) };
    },
    collect: async ({ dryRun = false } = {}, call = noContext) => {
      const snapshots: CollectedSnapshot[] = [];
      const skipped: CollectedSnapshot[] = [];
      for await (const block of channel.stream(collectMethod, { dryRun }, call)) {
        snapshots.push(...block.snapshots.map(collectedFromWire));
        skipped.push(...block.skipped.map(collectedFromWire));
        if (block.summary !== undefined) return { snapshots, skipped, ...block.summary };
      }
      throw new InternalError('the collection ended without a summary');
    },
  };
}

const reasons: ReadonlyMap<string, KeptBy['why']> = new Map([
  ['caller', 'caller'],
  ['root', 'root'],
  ['time', 'time'],
  ['lease', 'lease'],
  ['image', 'image'],
]);

function keptByFromWire({ why, name, through }: wireMaintenance.KeptBy): KeptBy {
  return { why: reasons.get(why) ?? 'caller', name, through };
}

function collectedFromWire({ kind, ...named }: wireMaintenance.UnkeptSnapshot): CollectedSnapshot {
  return { ...named, kind: kind === 'active' || kind === 'view' ? kind : 'committed' };
}

function eventFromWire(event: NonNullable<wireMaintenance.CheckResponse['event']>): CheckEvent {
  switch (event.$case) {
    case 'finding':
    case 'note':
    case 'left':
      return { type: event.$case, finding: withoutEmpty(event.value, ['kind', 'message', 'remedy']) };
    case 'action':
      return { type: 'action', action: actionFromWire(event.value) };
    case 'summary':
      return { type: 'summary', summary: summaryFromWire(event.value) };
  }
}

function actionFromWire({ forget, ...texts }: wireMaintenance.RepairAction): CheckAction {
  return { ...withoutEmpty(texts, ['remedy', 'message', 'state']), ...(forget.length === 0 ? {} : { forget }) };
}

function summaryFromWire({ containerd, ...rest }: wireMaintenance.CheckSummary): CheckSummary {
  return { ...rest, ...(containerd === '' ? {} : { containerd }) };
}

/** Leaves out empty texts, which mean "none" on the wire, except those that are always given. */
function withoutEmpty<T extends object, K extends keyof T>(texts: T, always: readonly K[]): Pick<T, K> & Partial<T> {
  const kept: Partial<T> = { ...texts };
  for (const key of Object.keys(texts) as (keyof T)[]) {
    if (texts[key] === '' && !always.some((other) => other === key)) delete kept[key];
  }
  // What is always given has been kept.
  return kept as Pick<T, K> & Partial<T>;
}
