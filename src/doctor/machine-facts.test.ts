import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { kernelPart, machineFacts, parseCapabilities } from './machine-facts.js';

describe('capabilities', () => {
  const all = ['CAP_CHOWN', 'CAP_DAC_OVERRIDE', 'CAP_FOWNER', 'CAP_SYS_ADMIN', 'CAP_MKNOD'];
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ['CapPrm:\t000001ffffffffff\nCapEff:\t000001ffffffffff\n', all],
    ['CapPrm:\t000001ffffffffff\nCapEff:\t0000000000000000\n', []],
    ['CapEff:\t0000000000200000\n', ['CAP_SYS_ADMIN']],
    ['CapEff:\t00000000a80425fb\n', all.filter((name) => name !== 'CAP_SYS_ADMIN')],
    ['', []],
  ];
  for (const [status, want] of cases) {
    it(status.trim() || 'no status', () => assert.deepEqual(parseCapabilities(status), want));
  }
});

describe('parts of the kernel', () => {
  const list = 'kernel/fs/erofs/erofs.ko.xz: kernel/lib/crc.ko\nkernel/fs/overlayfs/overlay.ko\n';
  for (const [isThere, name, want] of [
    [true, 'btrfs', 'present'],
    [false, 'erofs', 'module'],
    [false, 'overlay', 'module'],
    [false, 'lay', 'absent'],
    [false, 'btrfs', 'absent'],
  ] as const) {
    it(`${name} is ${want}`, () => assert.equal(kernelPart(isThere, name, list), want));
  }
});

it('facts about this machine can be had, and twice the same', () => {
  const facts = machineFacts();
  assert.deepEqual(machineFacts(), facts);
  assert.equal(facts.platform, process.platform);
});
