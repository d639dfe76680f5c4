import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { open, sql, temporaryDirectory } from './store.test.rig.js';

const program = fileURLToPath(new URL('./crash.test.child.js', import.meta.url));
const kills = 10;
const mostChanges = 600;

/** How a process ends: at a point, or after so many changes. */
type Ending = { readonly point: string } | { readonly after: number };

/** Lets a process change the store and be killed, and gives the numbers that it had acknowledged until then. */
async function writeAndDie(t: TestContext, directory: string, ending: Ending): Promise<number[]> {
  const args = [program, directory, ...('point' in ending ? [ending.point] : [])];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  const exited = once(child, 'exit');
  const acknowledged: number[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    acknowledged.push(Number(line));
    if ('after' in ending && acknowledged.length === ending.after) child.kill('SIGKILL');
  }
  assert.deepEqual(await exited, [null, 'SIGKILL']);
  return acknowledged;
}

/** Everything acknowledged is there, nothing is there by halves or after it failed, and the file is sound. */
async function examine(directory: string, acknowledged: readonly number[]): Promise<void> {
  await using store = await open(directory);
  const items = store.read((tx) => tx.all(sql.all));
  const found = new Set(items.map(({ size }) => size));
  assert.deepEqual(
    acknowledged.filter((number) => !found.has(number)),
    [],
    'acknowledged, but lost',
  );
  assert.deepEqual(
    [...found].filter((number) => number % 3 === 0),
    [],
    'failed, but there',
  );
  assert.deepEqual(
    store.read((tx) => tx.all(sql.labels)).map(({ key }) => key),
    items.map(({ key }) => key),
    'there by halves',
  );
  assert.deepEqual(await store.verify(), []);
}

describe('a store whose process is killed', () => {
  it('at any moment', async (t) => {
    const directory = await temporaryDirectory(t);
    const acknowledged: number[] = [];
    for (let kill = 0; kill < kills; kill++) {
      acknowledged.push(...(await writeAndDie(t, directory, { after: 1 + Math.floor(Math.random() * mostChanges) })));
      await examine(directory, acknowledged);
    }
  });

  const points = ['store.committed', 'store.synced', 'checkpoint.begun', 'checkpoint.between', 'checkpoint.done'];
  for (const point of points) {
    it(`at ${point}`, async (t) => {
      const directory = await temporaryDirectory(t);
      const acknowledged: number[] = [];
      for (let kill = 0; kill < 2; kill++) {
        acknowledged.push(...(await writeAndDie(t, directory, { point })));
        await examine(directory, acknowledged);
      }
    });
  }
});
