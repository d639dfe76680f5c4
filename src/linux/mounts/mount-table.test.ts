import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { isAtLeast, kernelVersion } from '../calls/kernel-facts.js';
import { mountAll } from './mount.js';
import { findMount, mountOf, parseMountTable } from './mount-table.js';
import { unmountBelow } from './unmount-below.js';

const text = `22 1 0:21 / / rw,relatime shared:1 - ext4 /dev/root rw,discard
23 22 0:22 / /proc rw,nosuid - proc proc rw
24 22 0:23 / /srv rw,noatime - xfs /dev/sdb rw,prjquota
25 24 0:24 /sub /srv/with\\040space ro - btrfs /dev/sd\\134c rw,subvol=/sub
26 22 0:25 / /srv rw - tmpfs tmpfs rw,x=a\\054b
nonsense
`;

describe('the table of mounts', () => {
  const table = parseMountTable(text);

  it('has the type, the source and all options of each, in the order of mounting', () => {
    assert.deepEqual(
      table.map(({ point, type }) => `${type} ${point}`),
      ['ext4 /', 'proc /proc', 'xfs /srv', 'btrfs /srv/with space', 'tmpfs /srv'],
    );
    assert.deepEqual(table[0]?.options, ['rw', 'relatime', 'discard']);
    assert.deepEqual(table[2]?.options, ['rw', 'noatime', 'prjquota']);
    assert.equal(table[3]?.source, '/dev/sd\\c');
    assert.deepEqual(table[4]?.options, ['rw', 'x=a,b']);
  });

  it('says what each lies in, and which file system it is of', () => {
    const { id, parent, device } = table[3] ?? {};
    assert.deepEqual({ id, parent, device }, { id: 25, parent: 24, device: '0:24' });
  });

  for (const [path, type] of [
    ['/', 'ext4'],
    ['/home/user', 'ext4'],
    ['/proc/self', 'proc'],
    ['/srv', 'tmpfs'],
    ['/srv/x', 'tmpfs'],
    ['/srv/with space/x', 'btrfs'],
    ['/srvx', 'ext4'],
    ['/process', 'ext4'],
  ] as const) {
    it(`says what ${path} lies on`, () => assert.equal(findMount(table, path)?.type, type));
  }

  it('says nothing about a path without a mount', () => assert.equal(findMount([], '/x'), undefined));

  it('is that of this machine', { skip: process.platform !== 'linux' && 'needs Linux' }, () => {
    assert.equal(mountOf('/proc/self/status')?.type, 'proc');
  });
});

/** Before that, what an overlay is mounted with has to fit into a page, and so does its line. */
const takesDeepOverlays = isAtLeast(kernelVersion(), { major: 6, minor: 5 });
const skip = (process.getuid?.() !== 0 && 'needs root') || (!takesDeepOverlays && 'needs Linux 6.5');

describe('a table of mounts of more than 64 KiB with a line of more than a page', { skip }, () => {
  it('is read whole, and breaks nothing in the process', async (t) => {
    const root = realpathSync(mkdtempSync(join(tmpdir(), 'strata-table-')));
    t.after(async () => {
      await unmountBelow(root);
      rmSync(root, { recursive: true, force: true });
    });
    const make = (...names: readonly string[]) => {
      const path = join(root, ...names);
      mkdirSync(path);
      return path;
    };
    for (let n = 0; n < 150; n += 1) {
      const point = make(`${'x'.repeat(240)}-${n}`);
      await mountAll([{ type: 'bind', source: point, target: '', options: ['bind'] }], point);
    }
    const layers = Array.from({ length: 400 }, (_, n) => make(`${'layer'.repeat(8)}-${n}`));
    const target = make('deep');
    const options = [`lowerdir=${layers.join(':')}`];
    await mountAll([{ type: 'overlay', source: 'overlay', target: '', options }], target);
    // In a process of its own, since a broken heap would end this one before it could tell.
    const child = fileURLToPath(new URL('./mount-table.test.child.js', import.meta.url));
    const ended = spawnSync(process.execPath, [child, target], { encoding: 'utf8' });
    const { status, signal, stdout, stderr } = ended;
    assert.deepEqual({ status, signal, stdout, stderr }, { status: 0, signal: null, stdout: '400\n', stderr: '' });
  });
});
