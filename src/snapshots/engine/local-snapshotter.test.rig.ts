/** What the tests of the operations share. */
import type { TestContext } from 'node:test';
import { MemoryDriver } from '../../../tests/support/memory-driver.js';
import { temporaryStore } from '../../../tests/support/store.js';
import { LocalSnapshotter } from '../index.js';

/** A snapshotter whose files are names in memory, with what it reported. */
export async function open(t: TestContext, options: { syncRemove?: boolean } = {}) {
  const { store, ...temporary } = await temporaryStore();
  t.after(() => temporary[Symbol.asyncDispose]());
  const driver = new MemoryDriver();
  const reported: string[] = [];
  const counts: number[] = [];
  const errors = {
    report: (task: string) => void reported.push(task),
    undeleted: (count: number) => void counts.push(count),
  };
  const start = () => LocalSnapshotter.open({ name: 'memory', store, driver, errors, ...options });
  return { store, driver, reported, counts, start, snapshotter: await start() };
}
