/** What the tests of limits share. */
import type { TestContext } from 'node:test';
import { MemoryDriver } from '../../../tests/support/memory-driver.js';
import { temporaryStore } from '../../../tests/support/store.js';
import { LocalSnapshotter, labelsOf, maxSizeLabel } from '../index.js';
import type { LimitSettings } from './limiter.js';

/** A snapshotter with limits over a driver in memory. */
export async function open(t: TestContext, limits: LimitSettings = {}) {
  const { store, ...temporary } = await temporaryStore();
  t.after(() => temporary[Symbol.asyncDispose]());
  const driver = new MemoryDriver();
  const reported: string[] = [];
  const errors = { report: (task: string, error: unknown) => void reported.push(`${task}: ${error}`) };
  const start = () => LocalSnapshotter.open({ name: 'memory', store, driver, errors, limits });
  return { store, driver, reported, start, snapshotter: await start() };
}

/** Labels that ask for a size. */
export const sized = (size: string) => labelsOf({ [maxSizeLabel]: size });

/** The field path of the size. */
export const onlySize = [`labels.${maxSizeLabel}`];

/** 1 MiB in bytes. */
export const MIB = 2 ** 20;
