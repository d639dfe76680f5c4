/** The test files of tests/kernel, in a kernel of their own. */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { checkout } from '../support/paths.js';
import { processesInGroup } from '../support/process-group.js';
import { scenario } from '../support/scenario.js';
import { bootStandard, makeDisk, runTestFiles, SecondKernel } from '../support/second-kernel/index.js';

/** Unit tests that need the device mapper, and are skipped where there is none. */
const devmapper = path.join('build', 'src', 'drivers', 'devmapper');
const diskErrors = path.join(checkout, 'build', 'src', 'drivers', 'overlay', 'disk-error.test.js');

/**
 * Unit tests of what an older kernel does in another way, images through loop devices and layers by shorter paths, and of
 * what only a root with all capabilities may do: make a mounted ext4 larger.
 */
const otherWays = [
  'drivers/erofs/driver.test.js',
  'drivers/blockfile/resize.test.js',
  'linux/mounts/deep-overlay.test.js',
].map((file) => path.join(checkout, 'build', 'src', file));

async function testFilesIn(folder: string): Promise<string[]> {
  const directory = path.join(checkout, folder);
  const names = (await readdir(directory)).filter((name) => name.endsWith('.test.js'));
  return names.map((name) => path.join(directory, name));
}

scenario('in a second kernel', { needs: ['second-kernel', 'mkfs.erofs'] }, async (running) => {
  await using kernel = await bootStandard(await running.directory());
  const own = await testFilesIn(path.join('build', 'tests', 'kernel'));
  const files = [...own, ...(await testFilesIn(devmapper)), diskErrors, ...otherWays];
  const { STRATA_KILLS } = process.env;
  const env = STRATA_KILLS === undefined ? {} : { STRATA_KILLS };
  const { outcomes, status, report } = await runTestFiles(kernel, files, { env });
  running.onFailure(() => `${report}--- console of the second kernel\n${kernel.console()}---\n`);

  for (const { name, file, outcome, reason } of outcomes) {
    await running.step(`${path.basename(file).split('.')[0]}: ${name}`, () => {
      // What is skipped in the kernel that is made for it would be tested nowhere.
      assert.equal(outcome, 'passed', reason === '' ? 'see the report' : reason);
    });
  }
  await running.step('all of them were run, to the end', () => {
    assert.equal(status, 0);
    assert.ok(outcomes.length > 0);
  });
});

scenario('a second kernel', { needs: ['second-kernel'] }, async (running) => {
  const directory = await running.directory();
  const disk = await makeDisk(path.join(directory, 'disk'), 'ext4', 64);
  const boot = () => SecondKernel.boot({ directory, disks: [disk], modules: ['quota_v2'] });
  await using kernel = await boot();

  await running.step('runs commands on this system’s files, and gives what they print and their status', async () => {
    const args = ['-c', 'echo "$WORD"; echo wrong >&2; exit 7'];
    const result = await kernel.run('sh', args, { env: { WORD: "it's" } });
    assert.deepEqual(result, { status: 7, signal: undefined, stdout: "it's\n", stderr: 'wrong\n' });
  });

  await running.step('cannot write them', async () => {
    assert.match((await kernel.run('touch', [path.join(checkout, 'written')])).stderr, /Read-only file system/);
  });

  await running.step('loses what was not synchronised when its power is cut, and nothing else', async () => {
    const write = `
      echo 0 >/proc/sys/vm/dirty_writeback_centisecs
      mount /dev/ubda /run && cd /run && echo kept >kept && sync kept . && echo lost >lost && cat lost`;
    assert.equal(await kernel.must('sh', ['-ec', write]), 'lost\n');
    await kernel.cut();
    await assert.rejects(kernel.run('true', []), /the second kernel is off/);
    await using again = await boot();
    const read = 'mount /dev/ubda /run && cd /run && cat kept && if [ -s lost ]; then cat lost; fi';
    assert.equal(await again.must('sh', ['-ec', read]), 'kept\n');
  });

  await running.step('that breaks fails what is under way, and leaves none of its processes', async () => {
    await using broken = await boot();
    const asleep = broken.run('sleep', ['1000']);
    asleep.catch(() => {});
    assert.ok((await processesInGroup(broken.group)).length > 1);
    process.kill(broken.group, 'SIGKILL');
    await assert.rejects(asleep, /the second kernel is off/);
    await broken.cut();
    assert.deepEqual(await processesInGroup(broken.group), []);
  });
});
