import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findMount, mountOf, parseMountTable } from './mount-table.js';

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
