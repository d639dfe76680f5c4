import { StrataError } from '../../../src/errors/index.js';
import type { CallContext, Info, Kind, Labels, Mount, Snapshotter } from '../../../src/snapshots/index.js';

/** A call, as a value: what it is, in which namespace, and with which arguments. */
export type Operation = { readonly namespace: string } & (
  | {
      readonly method: 'prepare' | 'view';
      readonly key: string;
      readonly parent: string;
      readonly labels: Readonly<Record<string, string>>;
    }
  | {
      readonly method: 'commit';
      readonly key: string;
      readonly name: string;
      readonly parent: string;
      readonly labels: Readonly<Record<string, string>>;
    }
  | { readonly method: 'remove'; readonly key: string }
  | { readonly method: 'stat' | 'usage' | 'mounts'; readonly key: string }
  | {
      readonly method: 'update';
      readonly key: string;
      readonly labels: Readonly<Record<string, string>>;
      readonly fieldpaths: readonly string[];
    }
  | { readonly method: 'walk'; readonly filters: readonly string[] }
  | { readonly method: 'cleanup' }
);

/** What is compared of a snapshot: all but its times. */
export interface PlainInfo {
  readonly name: string;
  readonly kind: Kind;
  readonly parent: string;
  /** In the order of their keys, without those that a driver computes. */
  readonly labels: readonly (readonly [key: string, value: string])[];
}

/** What came of an operation, in values that can be compared. */
export type Outcome = { readonly error: string } | { readonly value: unknown };

/** Labels that drivers compute. */
const computed = /^containerd\.io\/snapshot\/(?:memory\.id|overlay\.upperdir)$/;

/** An info without what cannot be foreseen. */
export function plainInfo({ name, kind, parent, labels }: Omit<Info, 'created' | 'updated'>): PlainInfo {
  return { name, kind, parent, labels: [...labels].filter(([key]) => !computed.test(key)).sort() };
}

/** Performs an operation. @throws whatever is no error of ours: that is a defect, not an outcome. */
export async function perform(snapshotter: Snapshotter, operation: Operation): Promise<Outcome> {
  try {
    return { value: await answerTo(snapshotter, operation) };
  } catch (error) {
    if (error instanceof StrataError) return { error: error.code };
    throw error;
  }
}

async function answerTo(snapshotter: Snapshotter, operation: Operation): Promise<unknown> {
  const call: CallContext = { namespace: operation.namespace };
  switch (operation.method) {
    case 'prepare':
    case 'view': {
      const { method, key, parent, labels } = operation;
      return mounted(await snapshotter[method]({ key, parent, labels: mapOf(labels) }, call));
    }
    case 'commit': {
      const { key, name, parent, labels } = operation;
      return snapshotter.commit({ key, name, parent, labels: mapOf(labels) }, call);
    }
    case 'remove':
      return snapshotter.remove(operation.key, call);
    case 'stat':
      return plainInfo(await snapshotter.stat(operation.key, call));
    case 'usage':
      return (await snapshotter.usage(operation.key, call)).inodes;
    case 'mounts':
      return mounted(await snapshotter.mounts(operation.key, call));
    case 'update': {
      const { key, labels, fieldpaths } = operation;
      return plainInfo(await snapshotter.update({ name: key, labels: mapOf(labels), fieldpaths }, call));
    }
    case 'walk':
      return (await infosOf(snapshotter, operation.filters, call)).map(plainInfo);
    case 'cleanup':
      return snapshotter.cleanup(call);
  }
}

async function infosOf(snapshotter: Snapshotter, filters: readonly string[], call: CallContext): Promise<Info[]> {
  const infos: Info[] = [];
  for await (const info of snapshotter.walk({ filters }, call)) infos.push(info);
  return infos;
}

function mapOf(labels: Readonly<Record<string, string>>): Labels {
  return new Map(Object.entries(labels));
}

/** Whether mounts may be written through. */
function mounted(mounts: readonly Mount[]): string {
  const options = mounts.flatMap((mount) => mount.options);
  return options.includes('rw') || options.some((option) => option.startsWith('upperdir=')) ? 'writable' : 'read-only';
}
