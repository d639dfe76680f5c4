import type { Labels } from '../snapshots/index.js';
import { UsageError } from './failure.js';

/**
 * Reads arguments such as `key=value`; the value may be empty, and may hold further equals signs.
 * @throws UsageError for one without an equals sign or a key.
 */
export function parseLabels(args: readonly string[]): Labels {
  return new Map(args.map(parseLabel));
}

function parseLabel(arg: string): [string, string] {
  const at = arg.indexOf('=');
  if (at > 0) return [arg.slice(0, at), arg.slice(at + 1)];
  throw new UsageError(`label ${JSON.stringify(arg)}: want <key>=<value>`);
}

/** Labels for people: `key=value`, in the order of the keys. */
export function labelList(labels: Labels): string[] {
  return [...labels].map(([key, value]) => `${key}=${value}`).sort();
}

/**
 * The label that keeps what a person makes from being collected as garbage, until that person removes it; its value is
 * a time, as ctr sets it. None for what comes under a lease, which is to keep it.
 */
export function rootLabel(now: Date, lease: string | undefined): Labels {
  if (lease !== undefined) return new Map();
  return new Map([['containerd.io/gc.root', now.toISOString().replace(/\.\d+Z$/, 'Z')]]);
}
