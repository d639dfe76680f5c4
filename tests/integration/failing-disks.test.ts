/** A daemon whose disk is full, breaks, or cannot be written, and one that has no file handles left. */
import assert from 'node:assert/strict';
import { open, writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  connect,
  DataLossError,
  FailedPreconditionError,
  ResourceExhaustedError,
  type Snapshotter,
  UnknownError,
} from '../../src/index.js';
import { type DiskType, fill, makeDisk } from '../support/disk.js';
import type { Need } from '../support/needs/index.js';
import { mustRun } from '../support/run.js';
import { type Scenario, scenario } from '../support/scenario.js';
import { Strata } from '../support/strata.js';

/** Labels that take a page of the store each, so that it needs room soon. */
const large = new Map([['large', 'x'.repeat(4000)]]);
const attempts = 3000;

/** A client of the daemon, and what the daemon acknowledged. */
class Witness {
  readonly snapshotter: Snapshotter;
  readonly acknowledged = new Set<string>();
  #next = 0;

  constructor(snapshotter: Snapshotter) {
    this.snapshotter = snapshotter;
  }

  static async connect(scenario: Scenario, strata: Strata): Promise<Witness> {
    const client = connect({ address: strata.address, namespace: 'default' });
    scenario.defer(() => client.close());
    return new Witness(client.snapshotter());
  }

  async prepare(parent = ''): Promise<string> {
    const key = `k${++this.#next}`;
    await this.snapshotter.prepare({ key, parent, labels: large });
    this.acknowledged.add(key);
    return key;
  }

  /** Makes layers and snapshots as if nothing was wrong. */
  async work(): Promise<void> {
    const name = `layer-${++this.#next}`;
    const key = await this.prepare();
    await this.snapshotter.commit({ key, name });
    this.acknowledged.delete(key);
    this.acknowledged.add(name);
    await this.prepare(name);
    const gone = await this.prepare(name);
    await this.snapshotter.remove(gone);
    this.acknowledged.delete(gone);
  }

  /** Prepares until it is refused. @returns the error. */
  async untilRefused(): Promise<unknown> {
    for (let attempt = 0; attempt < attempts; attempt++) {
      try {
        await this.prepare();
      } catch (error) {
        return error;
      }
    }
    throw new Error(`nothing was refused in ${attempts} attempts`);
  }

  /** Every way of reading gives what it should. */
  async read(): Promise<void> {
    const names: string[] = [];
    for await (const { name } of this.snapshotter.walk()) names.push(name);
    assert.deepEqual(names.sort(), [...this.acknowledged].sort());
    for (const name of names.slice(0, 20)) {
      const { kind } = await this.snapshotter.stat(name);
      if (kind === 'active') assert.equal((await this.snapshotter.mounts(name)).length, 1);
    }
  }
}

/** What is there after a clean-up is what was acknowledged, and no directory more. */
async function checkAll(strata: Strata, witness: Witness): Promise<void> {
  await witness.read();
  await witness.snapshotter.cleanup();
  assert.equal((await strata.onDisk()).length, witness.acknowledged.size);
}

const needsOf: Readonly<Record<DiskType, readonly Need[]>> = {
  ext4: ['ext4'],
  xfs: ['xfs'],
  btrfs: ['btrfs'],
  tmpfs: ['root'],
};

for (const type of ['ext4', 'xfs', 'tmpfs'] as const) {
  scenario(`a daemon on a full ${type}`, { needs: needsOf[type] }, async (running) => {
    const disk = await makeDisk(running, type);
    const strata = await Strata.start(running, { directory: disk.path });
    const witness = await Witness.connect(running, strata);
    let makeRoom: () => Promise<void> = async () => {};

    await running.step('refuses what has no room, with ResourceExhausted', async () => {
      await witness.work();
      makeRoom = await fill(disk);
      for (let time = 0; time < 20; time++) {
        const error = await witness.untilRefused();
        assert.ok(error instanceof ResourceExhaustedError, String(error));
      }
    });

    await running.step('reads meanwhile, and is not ended by it', async () => {
      await witness.read();
      assert.equal(strata.server.running, true);
    });

    await running.step('removes meanwhile', async () => {
      const leaves = [...witness.acknowledged].filter((name) => name.startsWith('k'));
      for (const name of leaves.slice(0, 50)) {
        await witness.snapshotter.remove(name);
        witness.acknowledged.delete(name);
      }
      await witness.read();
    });

    await running.step('works as ever when there is room again, without a restart', async () => {
      await makeRoom();
      for (let time = 0; time < 5; time++) await witness.work();
      await checkAll(strata, witness);
    });

    await running.step('has kept what it acknowledged, and nothing that it refused', async () => {
      await strata.kill();
      await strata.startAgain();
      await checkAll(strata, witness);
      assert.equal(await strata.stop(), 0);
    });
  });
}

/** Breaks a disk that is mounted, as its device would. */
const breaks: Readonly<Record<'ext4' | 'xfs', (disk: { path: string; device: string }) => Promise<void>>> = {
  // An error that the file system finds; it then lets nobody write any more.
  ext4: ({ device }) => writeFile(`/sys/fs/ext4/${path.basename(device)}/trigger_fs_error`, 'test'),
  // Every read and write that reaches the device fails.
  xfs: async ({ path: directory }) => {
    await mustRun('xfs_io', ['-x', '-c', 'shutdown', directory]);
  },
};

/** What a change on a broken disk is refused with: the one is read-only, the other fails. */
const refusal = { ext4: isReadOnly, xfs: isBroken } as const;

/** The reason in its text. Pages that a shut-down xfs no longer gives can look damaged to SQLite. */
const reasons = { ext4: /read-only|input\/output|i\/o error/i, xfs: /input\/output|i\/o error|malformed/i } as const;

function isReadOnly(error: unknown): error is Error {
  return error instanceof FailedPreconditionError;
}

/** Files fail with DataLoss; the store knows only that it could not write. */
function isBroken(error: unknown): error is Error {
  return error instanceof DataLossError || error instanceof UnknownError;
}

for (const type of ['ext4', 'xfs'] as const) {
  scenario(`a daemon whose ${type} breaks`, { needs: needsOf[type] }, async (running) => {
    const disk = await makeDisk(running, type, type === 'ext4' ? ['errors=remount-ro'] : []);
    const directory = await running.directory();
    // The socket lies elsewhere, as it does in /run.
    const strata = await Strata.start(running, { directory, args: ['--root', path.join(disk.path, 'root')] });
    const witness = await Witness.connect(running, strata);

    await running.step('refuses to change anything, and says why', async () => {
      await witness.work();
      await breaks[type]({ path: disk.path, device: disk.device ?? '' });
      for (let time = 0; time < 5; time++) {
        const error = await witness.untilRefused();
        assert.ok(refusal[type](error), String(error));
        assert.match(error.message, reasons[type]);
      }
      for (const name of witness.acknowledged) {
        await assert.rejects(witness.snapshotter.update({ name, labels: new Map([['a', 'b']]) }), refusal[type]);
        const leaf = name.startsWith('k');
        if (leaf) await assert.rejects(witness.snapshotter.remove(name), refusal[type]);
      }
    });

    await running.step('reads meanwhile as far as the disk does, and is not ended by it', async () => {
      // A shut-down xfs reads nothing any more, so that only what is in memory can be told.
      await witness.read().catch((error: unknown) => {
        if (type !== 'xfs' || !(error instanceof DataLossError)) throw error;
      });
      assert.equal(strata.server.running, true);
    });

    await running.step('finds everything when the disk has been repaired', async () => {
      await strata.kill();
      // The device clears itself when nobody has it open.
      await using _held = await open(disk.device ?? '', 'r');
      await mustRun('umount', [disk.path]);
      if (type === 'ext4') await mustRun('sh', ['-c', `fsck.ext4 -fy ${disk.device}; test $? -lt 4`]);
      await mustRun('mount', ['-t', type, disk.device ?? '', disk.path]);
      await strata.startAgain();
      await witness.work();
      await witness.read();
      assert.equal(await strata.stop(), 0);
    });
  });
}

scenario('a daemon without file handles', { needs: ['root'] }, async (running) => {
  const strata = await Strata.start(running);
  const witness = await Witness.connect(running, strata);
  const pid = `${strata.server.pid}`;

  await running.step('refuses with ResourceExhausted what needs one, reads, and is not ended by it', async () => {
    for (let time = 0; time < 3; time++) await witness.work();
    // All numbers below that are taken.
    await mustRun('prlimit', ['--pid', pid, '--nofile=5:4096']);
    let refused = 0;
    const changes = [
      () => witness.prepare(),
      () => witness.work(),
      () => witness.snapshotter.usage([...witness.acknowledged].at(-1) ?? ''),
      () => witness.snapshotter.cleanup(),
    ];
    for (let time = 0; time < 40; time++) {
      try {
        await changes[time % changes.length]?.();
      } catch (error) {
        assert.ok(error instanceof ResourceExhaustedError, String(error));
        refused++;
      }
    }
    assert.notEqual(refused, 0);
    await witness.read();
    assert.equal(strata.server.running, true);
  });

  await running.step('works as ever, and answers new clients, when there are some again', async () => {
    await mustRun('prlimit', ['--pid', pid, '--nofile=4096:4096']);
    const other = await Witness.connect(running, strata);
    await other.snapshotter.stat([...witness.acknowledged][0] ?? '');
    for (let time = 0; time < 3; time++) await witness.work();
    await checkAll(strata, witness);
  });
});
