/** The strata command against a daemon. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { strataCommand } from '../support/paths.js';
import { collect, mustRun } from '../support/run.js';
import { scenario } from '../support/scenario.js';
import { Strata } from '../support/strata.js';
import { until } from '../support/until.js';

scenario('the strata command', { needs: ['overlay'] }, async (running) => {
  const strata = await Strata.start(running);
  const json = async (...args: readonly string[]): Promise<unknown> =>
    JSON.parse(await strata.must([...args, '--json']));
  const names = async (): Promise<string[]> => {
    const infos = await json('ls');
    assert.ok(Array.isArray(infos));
    return infos.map((info: { readonly key?: unknown; readonly name?: unknown }) => String(info.key ?? info.name));
  };

  await running.step('prepares, commits and views, and lists them', async () => {
    await strata.must(['prepare', 'build']);
    await strata.must(['commit', 'base', 'build']);
    await strata.must(['prepare', 'work', 'base']);
    await strata.must(['view', 'look', 'base']);
    assert.deepEqual(await names(), ['base', 'look', 'work']);
    assert.match(await strata.must(['ls']), /^KEY\s+PARENT\s+KIND/);
    assert.match(await strata.must(['tree']), /base[\s\S]*├─.*look[\s\S]*└─.*work/);
  });

  await running.step('filters', async () => {
    const active = await strata.must(['ls', 'kind==active']);
    assert.match(active, /work/);
    assert.doesNotMatch(active, /look/);
  });

  await running.step('mounts a snapshot at a directory and unmounts it', async () => {
    const directory = await running.directory();
    await strata.must(['mount', 'work', directory]);
    await writeFile(path.join(directory, 'greeting'), 'hello');
    await strata.must(['umount', directory]);
    await assert.rejects(readFile(path.join(directory, 'greeting')), { code: 'ENOENT' });
    await strata.must(['commit', 'greeted', 'work']);
    await strata.must(['view', 'again', 'greeted']);
    await strata.must(['mount', 'again', directory]);
    assert.equal(await readFile(path.join(directory, 'greeting'), 'utf8'), 'hello');
    await assert.rejects(writeFile(path.join(directory, 'more'), ''), { code: 'EROFS' });
    await strata.must(['umount', directory]);
  });

  await running.step('shows a snapshot that is mounted already once more', async () => {
    const [one, two] = [await running.directory(), await running.directory()];
    const link = path.join(await running.directory(), 'link');
    await symlink(two, link);
    await strata.must(['prepare', 'twice', 'greeted']);
    for (const directory of [one, link]) await strata.must(['mount', 'twice', directory]);
    await writeFile(path.join(two, 'new'), 'seen');
    await strata.must(['umount', link]);
    assert.equal(await readFile(path.join(one, 'new'), 'utf8'), 'seen');
    await rm(path.join(one, 'greeting'));
    await writeFile(path.join(one, 'greeting'), 'changed');

    await mkdir(path.join(one, 'inside'));
    await mustRun('mount', ['-t', 'tmpfs', 'tmpfs', path.join(one, 'inside')]);
    const busy = await strata.run(['umount', one]);
    assert.deepEqual([busy.status, busy.stdout], [1, '']);
    assert.match(busy.stderr, new RegExp(`${one}: it is in use: mounted inside: ${one}/inside\n$`));
    await strata.must(['umount', '-R', one]);
    await strata.must(['rm', 'twice']);
  });

  await running.step('says where it cannot mount, and where nothing is mounted', async () => {
    const directory = await running.directory();
    for (const [args, text] of [
      [['mount', 'again', '/nowhere'], 'not found: there is no directory /nowhere to mount at'],
      [['umount', '/nowhere'], 'not found: nothing is mounted at /nowhere'],
      [['umount', directory], `not found: nothing is mounted at ${directory}`],
    ] as const) {
      const { status, stdout, stderr } = await strata.run(args);
      assert.deepEqual([status, stdout, stderr], [1, '', `strata: ${text}\n`]);
    }
  });

  await running.step('tells usage, facts, mounts, plugins and versions', async () => {
    assert.match(await strata.must(['usage', 'greeted']), /greeted\s+\d+\.\d+ KiB\s+2/);
    assert.match(await strata.must(['info', 'greeted']), /Kind:\s+committed/);
    assert.match(await strata.must(['mounts', 'again', '/mnt']), /^mount -t overlay overlay \/mnt -o lowerdir=/);
    assert.match(await strata.must(['plugins']), /overlayfs\s+linux\/\w+\s+ok/);
    assert.match(await strata.must(['version']), /Server:\s+\d+\.\d+\.\d+/);
    await json('info', 'greeted');
    await json('usage');
    await json('plugins');
    await json('version');
  });

  await running.step('labels', async () => {
    assert.match(await strata.must(['label', 'greeted', 'a=1', 'b=2']), /a=1/);
    assert.doesNotMatch(await strata.must(['label', 'greeted', 'a=']), /a=1/);
  });

  await running.step('prints events as they happen', async () => {
    const events = spawn(strataCommand, ['--address', strata.address, 'events'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    running.defer(() => void events.kill());
    const output = collect(events.stdout);
    let count = 0;
    // No event tells when the subscription stands, so something happens until one is seen.
    await until('an event is seen', async () => {
      await strata.must(['prepare', `event-${count++}`]);
      return /\/snapshot\/prepare/.test(output());
    });
    events.kill();
    for (let n = 0; n < count; n++) await strata.must(['rm', `event-${n}`]);
  });

  await running.step('keeps namespaces apart', async () => {
    await strata.must(['--namespace', 'other', 'prepare', 'mine']);
    assert.equal((await names()).includes('mine'), false);
    await strata.must(['--namespace', 'other', 'rm', 'mine']);
  });

  for (const { what, args, status, text } of [
    {
      what: 'what is not there',
      args: ['info', 'nobody'],
      status: 1,
      text: /^strata: not found: snapshot nobody does not exist\n$/,
    },
    {
      what: 'what has children',
      args: ['rm', 'base'],
      status: 1,
      text: /^strata: failed precondition: .*cannot remove snapshot with child\n$/,
    },
    { what: 'an unknown command', args: ['nonsense'], status: 2, text: /unknown command 'nonsense'/ },
    { what: 'a missing argument', args: ['info'], status: 2, text: /missing required argument/ },
  ]) {
    await running.step(`ends with ${status} for ${what}`, async () => {
      const result = await strata.run(args);
      assert.equal(result.status, status);
      assert.match(result.stderr, text);
      assert.equal(result.stdout, '');
    });
  }

  await running.step('lets nothing through to the terminal that a key could carry', async () => {
    const key = 'a\u001b[31mred\nline';
    await strata.must(['prepare', key]);
    const listed = await strata.must(['ls']);
    assert.equal(listed.includes('\u001b'), false);
    assert.ok((await names()).includes(key));
    await strata.must(['rm', key]);
  });

  await running.step('says how to start a daemon when there is none', async () => {
    const result = await strata.run(['--address', '/nowhere/s.sock', 'ls']);
    assert.equal(result.status, 1);
    assert.match(result.stderr, /strata serve/);
  });

  await running.step('takes its own default configuration', async () => {
    const directory = await running.directory();
    const file = path.join(directory, 'config.toml');
    await writeFile(file, await strata.must(['config', 'default']));
    await mkdir(path.join(directory, 'd'));
    const other = await Strata.start(running, { directory: path.join(directory, 'd'), args: ['--config', file] });
    assert.equal((await other.run(['ls'])).status, 0);
    assert.equal(await other.stop(), 0);
  });
});
