import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { ReadTransaction } from '../store.js';
import { left, right } from './crash.test.tables.js';
import { openLmdbStore } from './open.js';

const program = fileURLToPath(new URL('./crash.test.child.js', import.meta.url));
const kills = 10;
const mostWrites = 600;

/** Lets a process write, kills it at some moment, and gives the numbers that it had acknowledged until then. */
async function writeAndDie(t: TestContext, directory: string, mode: string): Promise<number[]> {
  const child = spawn(process.execPath, [program, directory, mode], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  const exited = once(child, 'exit');
  const enough = 1 + Math.floor(Math.random() * mostWrites);
  const acknowledged: number[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    acknowledged.push(Number(line));
    if (acknowledged.length === enough) child.kill('SIGKILL');
  }
  assert.deepEqual(await exited, [null, 'SIGKILL']);
  return acknowledged;
}

/** What is in both tables; fails when a number is in one of them only. */
function wholeNumbers(tx: ReadTransaction): Set<number> {
  const numbers = [...tx.range(left)].map(({ key: [number] }) => number);
  const others = [...tx.range(right)].map(({ value }) => value);
  assert.deepEqual(
    numbers,
    others.toSorted((a, b) => a - b),
  );
  return new Set(numbers);
}

describe('a store whose process is killed', () => {
  for (const mode of ['durable', 'not durable']) testKills(mode);
});

function testKills(mode: string): void {
  it(`has everything that was acknowledged, and nothing by halves, when it is ${mode}`, async (t) => {
    const directory = await mkdtemp(path.join(tmpdir(), 'strata-crash-'));
    t.after(() => rm(directory, { recursive: true, force: true }));
    const acknowledged: number[] = [];
    for (let kill = 0; kill < kills; kill++) {
      acknowledged.push(...(await writeAndDie(t, directory, mode)));
      await using store = await openLmdbStore({ path: directory, tables: [left, right] });
      const found = store.read(wholeNumbers);
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
    }
  });
}
