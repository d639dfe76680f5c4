/** A daemon with thin devices: a deep check while it runs, when it has ended, and of one that starts again. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { temporaryMount } from '../../src/linux/index.js';
import type { CommandResult } from '../support/run.js';
import { disks } from '../support/second-kernel/index.js';
import { DiskPool, ThinDaemon } from '../support/thin-daemon.js';

const namespaces = ['default', 'k8s.io'] as const;

async function makeDaemon(t: TestContext): Promise<ThinDaemon> {
  const pool = new DiskPool();
  t.after(() => pool[Symbol.asyncDispose]());
  await pool.make(disks.empty, 512);
  return new ThinDaemon(pool.name);
}

async function populate(daemon: ThinDaemon): Promise<void> {
  for (const namespace of namespaces) {
    await using client = daemon.client(namespace);
    const snapshotter = client.snapshotter('devmapper');
    for (const [name, parent] of [
      ['one', ''],
      ['two', 'one'],
    ] as const) {
      {
        await using mounted = await temporaryMount(await snapshotter.prepare({ key: 'build', parent }));
        writeFileSync(path.join(mounted.path, name), `${namespace} ${name}`);
      }
      await snapshotter.commit({ key: 'build', name, labels: new Map([['of', name]]) });
    }
  }
}

/** Every layer with what is in it. */
async function seen(daemon: ThinDaemon): Promise<string[]> {
  const lines: string[] = [];
  for (const namespace of namespaces) {
    await using client = daemon.client(namespace);
    const snapshotter = client.snapshotter('devmapper');
    for (const name of ['one', 'two']) {
      const { parent, kind, labels, created } = await snapshotter.stat(name);
      const { size } = await snapshotter.usage(name);
      const mounts = await snapshotter.view({ key: 'look', parent: name });
      let text: string;
      {
        await using mounted = await temporaryMount(mounts);
        text = readFileSync(path.join(mounted.path, name), 'utf8');
      }
      await snapshotter.remove('look');
      lines.push(JSON.stringify([namespace, name, parent, kind, [...labels], created, size, text]));
    }
  }
  return lines;
}

function outcomeOf({ status, stdout, stderr }: CommandResult) {
  const { findings, summary } = JSON.parse(stdout);
  const kinds = findings.map(({ kind }: { readonly kind: string }) => kind);
  return { status, kinds, compared: summary.compared, text: stdout + stderr };
}

async function expectCheck(checked: Promise<CommandResult>, kinds: readonly string[], compared: number): Promise<void> {
  const outcome = outcomeOf(await checked);
  assert.deepEqual([outcome.kinds, outcome.compared], [kinds, compared], outcome.text);
}

test('thin devices under a daemon are checked, and are as they were when it starts again', async (t) => {
  const daemon = await makeDaemon(t);
  try {
    await daemon.start();
    await populate(daemon);
    const before = await seen(daemon);

    await t.test('a deep check reads every layer', async () => {
      await expectCheck(daemon.command('check', '--deep', '--json'), [], 4);
    });

    await t.test('so does one of the root when the daemon has ended', async () => {
      await daemon.stop();
      await expectCheck(daemon.checkRoot('--deep', '--json'), [], 4);
    });

    await t.test('a daemon that starts again has what the first one had', async () => {
      await daemon.start();
      assert.deepEqual(await seen(daemon), before);
      await expectCheck(daemon.command('check', '--json'), [], 0);
    });
  } finally {
    await daemon[Symbol.asyncDispose]();
  }
});
