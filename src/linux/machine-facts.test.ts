import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isAtLeast, isUserNamespaceMap, parseKernelVersion } from './facts.js';
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

describe('kernel versions', () => {
  const cases: readonly (readonly [string, readonly [number, number], boolean])[] = [
    ['6.1.0-18-amd64', [6, 1], true],
    ['5.11.0', [5, 11], true],
    ['5.10.209', [5, 10], false],
    ['4.19.0', [4, 19], false],
    ['nonsense', [0, 0], false],
  ];
  for (const [text, [major, minor], isNew] of cases) {
    it(text, () => {
      const version = parseKernelVersion(text);
      assert.deepEqual(version, { major, minor });
      assert.equal(isAtLeast(version, { major: 5, minor: 11 }), isNew);
    });
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

describe('user namespaces', () => {
  for (const [map, isOne] of [
    ['         0          0 4294967295\n', false],
    ['', false],
    ['         0       1000          1\n', true],
    ['         0          0       1000\n', true],
    ['0 100000 65536\n65536 0 1\n', true],
  ] as const) {
    it(JSON.stringify(map), () => assert.equal(isUserNamespaceMap(map), isOne));
  }
});

it('facts about this machine can be had, and twice the same', () => {
  const facts = machineFacts();
  assert.deepEqual(machineFacts(), facts);
  assert.equal(facts.platform, process.platform);
});
