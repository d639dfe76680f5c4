import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { isAtLeast, kernelVersion } from '../calls/kernel-facts.js';
import { unmountAll } from './mount.js';
import { mountByParameters, parametersOf } from './mount-by-parameters.js';
import { isMountPoint } from './mount-point.js';

describe('parametersOf', () => {
  it('splits at the first sign', () => {
    assert.deepEqual(parametersOf(['ro', 'a=b=c', 'd=']), [
      { key: 'ro' },
      { key: 'a', value: 'b=c' },
      { key: 'd', value: '' },
    ]);
  });
});

const skip =
  process.geteuid?.() !== 0 ? 'needs root' : !isAtLeast(kernelVersion(), { major: 5, minor: 2 }) && 'needs Linux 5.2';

describe('mountByParameters', { skip }, () => {
  it('mounts, or says in the words of the kernel why not', async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'strata-parameters-'));
    t.after(() => rmSync(directory, { recursive: true }));
    const mount = { type: 'tmpfs', source: 'tmpfs', target: directory, flags: 0 };
    mountByParameters({ ...mount, parameters: parametersOf(['size=1m', 'mode=0700']) });
    assert.equal(isMountPoint(directory), true);
    await unmountAll(directory);
    assert.throws(() => mountByParameters({ ...mount, parameters: [{ key: 'nonsense' }] }), /EINVAL.*nonsense/s);
    assert.equal(isMountPoint(directory), false);
  });
});
