import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeDaemon, snapshot } from '../../../tests/support/fake-daemon.js';

const digest = `sha256:${'a'.repeat(64)}`;

function daemon(): FakeDaemon {
  const made = new FakeDaemon();
  made.snapshots.push(snapshot(digest), snapshot('work', { parent: digest, kind: 'active' }));
  return made;
}

describe('strata tree', () => {
  it('shows each snapshot below its parent, with short digests', async () => {
    const { status, out } = await daemon().run(['tree']);
    assert.equal(status, 0);
    assert.equal(out, '● sha256:aaaaaaaaaaaa\n└─ ○ work  active\n● 1 committed  ○ 1 active  ◐ 0 view\n');
  });

  it('shows sizes and whole digests when told to', async () => {
    const { out } = await daemon().run(['tree', '--size', '--no-trunc']);
    assert.equal(out.split('\n')[0], `● ${digest}  4.0 KiB`);
    assert.equal(out.split('\n')[1], '└─ ○ work  active  4.0 KiB');
  });

  it('fits deep chains on a narrow terminal', async () => {
    const deep = new FakeDaemon();
    for (let n = 0; n < 30; n++) deep.snapshots.push(snapshot(`l${n}`, { parent: n === 0 ? '' : `l${n - 1}` }));
    const { out } = await deep.run(['tree'], { columns: 48 });
    assert.equal(out.split('\n')[29], '⋯29 └─ ● l29');
    assert.ok(out.split('\n').every((line) => line.length <= 48));
    assert.ok((await deep.run(['tree'])).out.includes(`\n${'   '.repeat(28)}└─ ● l29\n`));
  });

  it('prints the list as JSON', async () => {
    const { out } = await daemon().run(['tree', '--json']);
    assert.deepEqual(
      JSON.parse(out).map(({ name }: { readonly name: string }) => name),
      [digest, 'work'],
    );
  });

  it('takes no arguments', async () => assert.equal((await daemon().run(['tree', 'x'])).status, 2));
});
