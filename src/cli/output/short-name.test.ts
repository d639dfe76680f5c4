import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { shortName } from './short-name.js';

const hex = '0123456789abcdef'.repeat(8);

const names: readonly (readonly [what: string, name: string, short: string])[] = [
  ['cuts a digest to twelve digits', `sha256:${hex.slice(0, 64)}`, 'sha256:0123456789ab'],
  ['cuts longer digests too', `sha512:${hex}`, 'sha512:0123456789ab'],
  [
    'cuts every digest in a name',
    `a-sha256:${hex.slice(0, 64)} b-sha256:${hex.slice(1, 65)}`,
    'a-sha256:0123456789ab b-sha256:123456789abc',
  ],
  ['cuts the id of a container', `k8s/${hex.slice(0, 64)}`, 'k8s/0123456789ab'],
  ['leaves digits that are no id', hex.slice(0, 63), hex.slice(0, 63)],
  ['leaves digits within a longer word', hex.slice(0, 65), hex.slice(0, 65)],
  ['leaves a digest that is short already', 'sha256:0123456789ab', 'sha256:0123456789ab'],
  ['leaves other names', 'sandbox-1', 'sandbox-1'],
];

describe('a short name', () => {
  for (const [what, name, short] of names) {
    it(what, () => assert.equal(shortName(name), short));
  }
});
