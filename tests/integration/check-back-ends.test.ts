/** `strata check` on a daemon that runs, and on its root afterwards, over the back ends beside overlay. */
import assert from 'node:assert/strict';
import { mkdir, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { connect, type Snapshotter } from '../../src/index.js';
import { setReadOnly, temporaryMount, withSubvolume } from '../../src/linux/index.js';
import { type BackEnd, backEnds, startBackEnd } from '../support/back-ends.js';
import { strataCommand } from '../support/paths.js';
import { type CommandResult, run } from '../support/run.js';
import { scenario } from '../support/scenario.js';
import type { Strata } from '../support/strata.js';

/** What of a layer is damaged, and what that is found as. */
interface LayerDamage {
  readonly kind: string;
  readonly make: (directory: string) => Promise<void>;
  /** Whether it is repaired without the layer's loss. */
  readonly heals: boolean;
}

const half = 2 ** 20;

const damages: Readonly<Record<string, LayerDamage>> = {
  native: { kind: 'missing-directory', make: (place) => rm(place, { recursive: true }), heals: false },
  blockfile: { kind: 'damaged-image', make: (place) => truncate(place, half), heals: false },
  btrfs: {
    kind: 'writable-layer',
    make: (place) => withSubvolume(place, (fd) => setReadOnly(fd, false)),
    heals: true,
  },
  erofs: { kind: 'missing-image', make: (place) => rm(path.join(place, 'layer.erofs')), heals: false },
};

async function makeLayer(snapshotter: Snapshotter, name: string): Promise<void> {
  {
    await using mounted = await temporaryMount(await snapshotter.prepare({ key: `make-${name}` }));
    await writeFile(path.join(mounted.path, 'file'), name);
  }
  await snapshotter.commit({ key: `make-${name}`, name });
}

interface Outcome {
  readonly status: number | undefined;
  readonly kinds: readonly string[];
  readonly compared: number;
  readonly text: string;
}

async function outcomeOf(checked: Promise<CommandResult>): Promise<Outcome> {
  const { status, stdout, stderr } = await checked;
  const text = stdout + stderr;
  const { findings, summary } = JSON.parse(stdout);
  const kinds = findings.map(({ kind }: { readonly kind: string }) => kind).sort();
  return { status, kinds, compared: summary.compared, text };
}

/** Of the root of a daemon that has ended. */
function checkRoot({ directory }: Strata, ...args: readonly string[]): Promise<Outcome> {
  const where = ['--config', path.join(directory, 'config.toml'), '--root', path.join(directory, 'root')];
  return outcomeOf(run(strataCommand, ['check', '--json', ...where, ...args]));
}

const check = (strata: Strata, ...args: readonly string[]) => outcomeOf(strata.run(['check', '--json', ...args]));

async function tryBackEnd(strata: Strata, backEnd: BackEnd): Promise<void> {
  const damage = damages[backEnd.snapshotter];
  assert.ok(damage, `a damage of ${backEnd.snapshotter}`);
  await using client = connect({ address: strata.address, namespace: 'default' });
  const snapshotter = client.snapshotter(backEnd.snapshotter);
  await makeLayer(snapshotter, 'base');
  await makeLayer(snapshotter, 'other');
  await snapshotter.prepare({ key: 'work', parent: 'other' });
  await snapshotter.view({ key: 'look', parent: 'other' });
  const clean = await check(strata, '--deep');
  assert.deepEqual([clean.status, clean.kinds, clean.compared], [0, [], 2], clean.text);

  const ids = (await readdir(strata.snapshots)).sort((a, b) => Number(a) - Number(b));
  await damage.make(path.join(strata.snapshots, ids[0] ?? ''));
  await mkdir(path.join(strata.snapshots, '90000'));
  await writeFile(path.join(strata.snapshots, 'notes'), 'precious');
  const seen = await check(strata);
  assert.equal(seen.status, 1);
  assert.deepEqual(seen.kinds, [damage.kind, 'foreign-entry', 'orphan-directory'].sort(), seen.text);

  const repaired = await check(strata, '--repair');
  assert.equal(repaired.status, 0, repaired.text);
  const lost = await readdir(path.join(strata.directory, 'root', 'lost+found'));
  assert.equal(lost.length, damage.heals ? 2 : 3, lost.join(' '));
  const names: string[] = [];
  for await (const { name } of snapshotter.walk()) names.push(name);
  assert.deepEqual(names.sort(), damage.heals ? ['base', 'look', 'other', 'work'] : ['look', 'other', 'work']);
  if (!damage.heals) await makeLayer(snapshotter, 'base');
  assert.equal((await check(strata, '--deep')).status, 0);
}

for (const backEnd of backEnds) {
  scenario(`strata check of ${backEnd.title}`, { needs: backEnd.needs }, async (running) => {
    const settings = `${backEnd.settings ?? ''}\nfile_list = true`;
    const strata = await startBackEnd(running, { ...backEnd, settings });
    await running.step('finds and repairs damage under a daemon', () => tryBackEnd(strata, backEnd));

    await running.step('finds nothing wrong with its root when it has ended', async () => {
      await strata.stop();
      const { status, kinds, compared, text } = await checkRoot(strata, '--deep');
      assert.deepEqual([status, kinds, compared], [0, [], 2], text);
    });
  });
}
