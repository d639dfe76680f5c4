import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isAtLeast, isUserNamespaceMap, parseKernelVersion } from './kernel-facts.js';

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
