import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { FakeQuota } from '../../../tests/support/fake-quota.js';
import { FailedPreconditionError, NotFoundError } from '../../errors/index.js';
import { ProjectLimiter } from './project-limiter.js';

const BASE = 1000;

function setUp(t: TestContext) {
  const root = mkdtempSync(join(tmpdir(), 'strata-projects-'));
  t.after(() => rmSync(root, { recursive: true }));
  for (const id of ['1', '2']) mkdirSync(join(root, id));
  const quota = new FakeQuota();
  const directoriesOf = (id: string) => [join(root, id)] as const;
  const options = { root, base: BASE, directoriesOf };
  return { root, quota, options, projects: new ProjectLimiter({ ...options, state: { quota } }) };
}

describe('ProjectLimiter', () => {
  it('says what can be limited, or why nothing can', (t) => {
    const { root, options, projects } = setUp(t);
    assert.deepEqual(projects.support(), { bytes: true, inodes: true });
    const none = new ProjectLimiter({ ...options, state: { quota: undefined, reason: 'it is off' } });
    assert.deepEqual(none.support(), { bytes: false, inodes: false, reason: `the files are in ${root}: it is off` });
    none.start('1', { bytes: 5 });
    assert.equal(none.usage('1'), undefined);
    assert.equal(none.end(['1']), undefined);
  });

  it('gives each snapshot a project of its own, and takes the limits off at its end', async (t) => {
    const { root, quota, projects } = setUp(t);
    projects.start('1', { bytes: 5 });
    projects.start('2', {});
    assert.deepEqual([...quota.projects.values()], [BASE + 1, BASE + 2]);
    assert.deepEqual([...quota.limits], [[BASE + 1, { bytes: 5 }]]);
    await projects.set({ id: '2' }, { inodes: 6 });
    quota.taken.set(BASE + 2, { size: 4096, inodes: 1 });
    assert.deepEqual(projects.usage('2'), { size: 4096, inodes: 1 });
    rmSync(join(root, '1'), { recursive: true });
    assert.equal(projects.end(['1', '2']), undefined);
    assert.deepEqual(quota.limits.get(BASE + 2), {});
  });

  it('limits nothing in a project that has other files, and nothing that is gone', async (t) => {
    const { quota, projects } = setUp(t);
    quota.taken.set(BASE + 1, { size: 4096, inodes: 1 });
    assert.throws(() => projects.start('1', { bytes: 5 }), FailedPreconditionError);
    projects.start('1', {});
    assert.equal(projects.usage('1'), undefined);
    await assert.rejects(projects.set({ id: '1' }, { bytes: 5 }), FailedPreconditionError);
    await projects.set({ id: '1' }, {});
    await assert.rejects(projects.set({ id: '3' }, { bytes: 5 }), NotFoundError);
  });

  it('tells of the first limit that cannot be taken off, and goes on with the others', (t) => {
    const { quota, projects } = setUp(t);
    for (const id of ['1', '2']) projects.start(id, {});
    quota.failure = Object.assign(new Error('EIO'), { code: 'EIO' });
    assert.match(String(projects.end(['1', '2'])?.message), /failed to take the quota off snapshot 1: EIO/);
  });
});
