import assert from 'node:assert/strict';
import type { StrataErrorClass } from '../../errors/index.js';
import type { Info, Mount } from '../../snapshots/api/index.js';
import type { CaseContext } from './case.js';

/** Prepares `key` over `parent` and commits it as `name`: a layer without files of its own. */
export async function makeLayer(
  context: Pick<CaseContext, 'snapshotter' | 'call'>,
  { name, parent = '' }: { readonly name: string; readonly parent?: string },
): Promise<void> {
  const key = `make ${name}`;
  await context.snapshotter.prepare({ key, parent }, context.call);
  await context.snapshotter.commit({ name, key }, context.call);
}

/** Everything that `walk` gives. */
export async function list(
  context: Pick<CaseContext, 'snapshotter' | 'call'>,
  filters: string[] = [],
): Promise<Info[]> {
  const infos: Info[] = [];
  for await (const info of context.snapshotter.walk({ filters }, context.call)) infos.push(info);
  return infos;
}

/** The names that `walk` gives. */
export async function names(context: Pick<CaseContext, 'snapshotter' | 'call'>, filters?: string[]): Promise<string[]> {
  return (await list(context, filters)).map((info) => info.name);
}

/** Asserts that a promise rejects with a class, and with a text when one is given. */
export async function rejects(promise: Promise<unknown>, Class: StrataErrorClass, text?: RegExp): Promise<void> {
  await assert.rejects(promise, (error) => {
    assert.ok(error instanceof Class, `want ${Class.name}, got ${String(error)}`);
    if (text !== undefined) assert.match(error.message, text);
    return true;
  });
}

/** Whether mounts let nobody write: `ro`, or an overlay without an upper directory. */
export function isReadOnly(mounts: readonly Mount[]): boolean {
  return mounts.every(
    ({ type, options }) =>
      options.includes('ro') || (type === 'overlay' && !options.some((option) => option.startsWith('upperdir='))),
  );
}
